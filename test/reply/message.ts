import type { OutboundPublish } from '../../lib/session/wire.js';
import type { InboundPublish, PublishProperties } from '../../lib/session/wire.js';

/** A message as it would arrive. */
export function inbound(topic: string, payload: unknown, properties?: PublishProperties): InboundPublish {
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return { topic, payload: bytes, qos: 1, dup: false, retain: false, packetId: 1, properties };
}

/** What was sent, as it arrives; on 3.1.1 without its properties. */
export function delivered(
  { topic, payload, properties }: Pick<OutboundPublish, 'topic' | 'payload' | 'properties'>,
  protocolVersion: 4 | 5 = 5,
): InboundPublish {
  return inbound(topic, payload, protocolVersion === 5 ? properties : undefined);
}
