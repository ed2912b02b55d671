import { PublishError } from '../errors/publish.error.js';
import { NO_MATCHING_SUBSCRIBERS } from '../session/reason-code.js';
import type { OutboundPublish, Wire } from '../session/wire.js';
import { isLargerThan, LARGEST_PACKET } from './publish-size.js';

const PACKET_TOO_LARGE = 0x95;
const RETAIN_NOT_SUPPORTED = 0x9a;
const QOS_NOT_SUPPORTED = 0x9b;

/** What the server announced that it would not take: sending it anyway would end the connection. */
export function refusalByLimits(message: OutboundPublish, wire: Wire): PublishError | undefined {
  const { topic, qos, retain } = message;
  const { address } = wire;
  const { maximumQoS, maximumPacketSize = LARGEST_PACKET, retainAvailable } = wire.limits;
  if (qos > maximumQoS) {
    const what = `the broker takes QoS ${maximumQoS} at most, the message has QoS ${qos}`;
    return new PublishError(address, topic, QOS_NOT_SUPPORTED, { what, fix: `Publish it with QoS ${maximumQoS}.` });
  }
  if (retain && !retainAvailable) {
    const what = 'the broker does not keep retained messages';
    return new PublishError(address, topic, RETAIN_NOT_SUPPORTED, { what, fix: 'Publish it without `retain`.' });
  }
  if (isLargerThan(maximumPacketSize, message, wire.protocolVersion)) {
    const what = `the broker takes packets of ${maximumPacketSize} bytes at most`;
    return new PublishError(address, topic, PACKET_TOO_LARGE, {
      what,
      fix: 'Send less, or raise the limit of the broker.',
    });
  }
  return undefined;
}

export function refusalByBroker(address: string, topic: string, reasonCode: number, cause: Error): PublishError {
  return new PublishError(address, topic, reasonCode, {
    what: 'the broker refused it',
    fix: advice(reasonCode),
    cause,
  });
}

export function refusalForLackOfSubscribers(address: string, topic: string): PublishError {
  const fix =
    'Start a worker whose filter matches; with `requireSubscribers: false` it is published all the same, and lost.';
  return new PublishError(address, topic, NO_MATCHING_SUBSCRIBERS, { what: 'nobody subscribes to it', fix });
}

/** [MQTT-4.3.1]: at QoS 0 a message must not arrive twice, so one that may have left is not sent again. */
export function lostAtQoS0(address: string, topic: string): PublishError {
  const what = 'the connection ended before it was written';
  return new PublishError(address, topic, undefined, { what, fix: 'Publish it with QoS 1 if it must arrive.' });
}

function advice(reasonCode: number): string {
  switch (reasonCode) {
    case 0x87:
      return 'Let this user publish to the topic in the access rules of the broker.';
    case 0x90:
      return 'Choose another topic: the broker forbids this one.';
    case 0x95:
      return 'Send less, or raise the limit of the broker.';
    case 0x97:
      return 'A quota of the broker is used up: do subscribers keep up?';
    case 0x99:
      return 'The payload is not the UTF-8 that its Payload Format Indicator promises.';
    default:
      return 'The log of the broker should say why.';
  }
}
