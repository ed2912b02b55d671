import type { OutboundPublish, ProtocolVersion, PublishProperties } from '../session/wire.js';

/** The Remaining Length takes four bytes at most, section 1.5.5. */
export const LARGEST_PACKET = 268_435_460;

const MOST_BYTES_PER_CODE_UNIT = 3;

/** Whether the PUBLISH packet is larger than `limit` bytes (MQTT 5.0 section 3.1.2.11.4: of the whole packet). */
export function isLargerThan(limit: number, message: OutboundPublish, protocolVersion: ProtocolVersion): boolean {
  const { topic, payload, properties } = message;
  const most = (topic.length + payload.length) * MOST_BYTES_PER_CODE_UNIT + 16;
  if (properties === undefined && most <= limit) return false;
  return publishSize(message, protocolVersion) > limit;
}

/** Bytes of the whole PUBLISH packet. */
export function publishSize(message: OutboundPublish, protocolVersion: ProtocolVersion): number {
  const { topic, payload, qos, properties } = message;
  let remaining = stringSize(topic) + (qos > 0 ? 2 : 0);
  if (protocolVersion === 5) {
    const size = propertiesSize(properties ?? {});
    remaining += variableByteIntegerSize(size) + size;
  }
  remaining += typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  return 1 + variableByteIntegerSize(remaining) + remaining;
}

/** Section 3.3.2.3: one byte of identifier before each value. */
function propertiesSize(properties: PublishProperties): number {
  let size = 0;
  if (properties.payloadFormatIndicator !== undefined) size += 2;
  if (properties.messageExpiryInterval !== undefined) size += 5;
  if (properties.responseTopic !== undefined) size += 1 + stringSize(properties.responseTopic);
  if (properties.correlationData !== undefined) size += 3 + properties.correlationData.length;
  if (properties.contentType !== undefined) size += 1 + stringSize(properties.contentType);
  for (const [name, value] of Object.entries(properties.userProperties ?? {})) {
    for (const entry of typeof value === 'string' ? [value] : value) size += 1 + stringSize(name) + stringSize(entry);
  }
  return size;
}

function stringSize(text: string): number {
  return 2 + Buffer.byteLength(text);
}

function variableByteIntegerSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}
