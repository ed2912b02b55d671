import { publishSize } from '../session/publish-packet.js';
import type { OutboundPublish, ProtocolVersion, PublishProperties } from '../session/wire.js';

/** The Remaining Length takes four bytes at most, section 1.5.5. */
export const LARGEST_PACKET = 268_435_460;

const MOST_BYTES_PER_CODE_UNIT = 3;
/** Fixed header, lengths, Packet Identifier, and the properties of a fixed size. */
const MOST_BYTES_AROUND = 48;
/** Identifier and lengths of a User Property. */
const BYTES_AROUND_PAIR = 5;

/** Whether the PUBLISH packet is larger than `limit` bytes (MQTT 5.0 section 3.1.2.11.4: of the whole packet). */
export function isLargerThan(limit: number, message: OutboundPublish, protocolVersion: ProtocolVersion): boolean {
  const { topic, payload, properties } = message;
  let most = topic.length + payload.length;
  if (properties !== undefined) most += lengthOf(properties);
  if (most * MOST_BYTES_PER_CODE_UNIT + MOST_BYTES_AROUND <= limit) return false;
  return publishSize(message, protocolVersion) > limit;
}

/** Of what may be of any length, in bytes and code units. */
function lengthOf({ responseTopic, correlationData, contentType, userProperties }: PublishProperties): number {
  let length = (responseTopic?.length ?? 0) + (correlationData?.length ?? 0) + (contentType?.length ?? 0);
  for (const [name, value] of Object.entries(userProperties ?? {})) {
    for (const entry of typeof value === 'string' ? [value] : value)
      length += BYTES_AROUND_PAIR + name.length + entry.length;
  }
  return length;
}
