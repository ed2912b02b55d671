import { PublishError } from '../errors/publish.error.js';
import type { OutboundPublish, PublishProperties } from '../session/wire.js';
import { deadLetterTopic } from './dead-letter-topic.js';
import { ACKNOWLEDGE, type FailedMessage, type FailureEnd, type Settlement } from './failure-policy.js';
import { reasonOf } from './reason.js';

const PACKET_TOO_LARGE = 0x95;

/**
 * Guarantees that a failed message is acknowledged only when the broker has confirmed a copy of it on the dead-letter
 * topic: same QoS, payload and content type, and on 5.0 User Properties that say what happened. What the broker does not
 * take is left to `unreachable`.
 *
 * A letter that is too large for the broker goes without what happened, which the log has too, and if it must without
 * any properties: the payload comes first.
 */
export class DeadLetter implements FailureEnd {
  constructor(
    private readonly template: string,
    /** Client Identifier of the worker's connection. */
    private readonly worker: string,
    private readonly publish: (message: OutboundPublish) => Promise<void>,
    private readonly unreachable: FailureEnd,
  ) {}

  async settle(failed: FailedMessage): Promise<Settlement> {
    const { packet, group } = failed;
    const { payload, qos } = packet;
    const topic = deadLetterTopic(this.template, group, packet.topic);
    const own = ownProperties(packet.properties);
    const whole = { ...own, userProperties: { ...own.userProperties, ...this.told(failed) } };
    for (const properties of [whole, own, undefined]) {
      try {
        await this.publish({ topic, payload, qos, retain: false, properties });
        return ACKNOWLEDGE;
      } catch (error) {
        if (!isTooLarge(error)) break;
      }
    }
    return this.unreachable.settle(failed);
  }

  private told({ packet, group, filter, handler, error, attempts }: FailedMessage): Record<string, string> {
    const told = {
      'dead-letter-reason': reasonOf(error),
      'dead-letter-topic': packet.topic,
      'dead-letter-group': group,
      'dead-letter-filter': filter,
      'dead-letter-handler': handler,
      'dead-letter-attempts': String(attempts),
      'dead-letter-worker': this.worker,
      'dead-letter-at': new Date().toISOString(),
    };
    const defined = Object.entries(told).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return Object.fromEntries(defined);
  }
}

/** Topic Alias and Subscription Identifier belong to the delivery; a Response Topic would be answered by whoever reads. */
function ownProperties({
  contentType,
  payloadFormatIndicator,
  messageExpiryInterval,
  userProperties,
}: PublishProperties = {}): PublishProperties {
  return { contentType, payloadFormatIndicator, messageExpiryInterval, userProperties };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof PublishError && error.reasonCode === PACKET_TOO_LARGE;
}
