import {
  CONTENT_TYPE,
  CORRELATION_DATA,
  MESSAGE_EXPIRY_INTERVAL,
  PAYLOAD_FORMAT_INDICATOR,
  RESPONSE_TOPIC,
  USER_PROPERTY,
} from './publish-property.js';
import type { PacketWriter } from './packet-writer.js';
import type { OutboundPublish, ProtocolVersion, PublishProperties } from './wire.js';

const PUBLISH = 0x30;
const RETAIN = 0x01;

/** Bytes of the parts of a PUBLISH packet that vary. */
interface Sizes {
  readonly topic: number;
  readonly payload: number;
  readonly properties: number;
  /** The Remaining Length. */
  readonly remaining: number;
}

/** Bytes of the whole PUBLISH packet. */
export function publishSize(message: OutboundPublish, protocolVersion: ProtocolVersion): number {
  return packetSize(sizesOf(message, protocolVersion));
}

/** Writes the message, without DUP; `packetId` counts at QoS 1 and 2. */
export function addPublish(
  writer: PacketWriter,
  message: OutboundPublish,
  packetId: number,
  protocolVersion: ProtocolVersion,
): void {
  const { topic, payload, qos, retain, properties } = message;
  const sizes = sizesOf(message, protocolVersion);
  let at = writer.reserve(packetSize(sizes));
  const { bytes } = writer;
  bytes[at++] = PUBLISH | (qos << 1) | (retain ? RETAIN : 0);
  at = putVariableByteInteger(bytes, at, sizes.remaining);
  at = putTwoBytes(bytes, at, sizes.topic);
  at += bytes.write(topic, at);
  if (qos > 0) at = putTwoBytes(bytes, at, packetId);
  if (protocolVersion === 5) {
    at = putVariableByteInteger(bytes, at, sizes.properties);
    if (properties !== undefined) at = putProperties(bytes, at, properties);
  }
  if (typeof payload === 'string') bytes.write(payload, at);
  else payload.copy(bytes, at);
}

function sizesOf({ topic, payload, qos, properties }: OutboundPublish, protocolVersion: ProtocolVersion): Sizes {
  const sizes = {
    topic: Buffer.byteLength(topic),
    payload: typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length,
    properties: 0,
    remaining: 0,
  };
  sizes.remaining = 2 + sizes.topic + (qos > 0 ? 2 : 0) + sizes.payload;
  if (protocolVersion === 5) {
    if (properties !== undefined) sizes.properties = propertiesSize(properties);
    sizes.remaining += variableByteIntegerSize(sizes.properties) + sizes.properties;
  }
  return sizes;
}

function packetSize({ remaining }: Sizes): number {
  return 1 + variableByteIntegerSize(remaining) + remaining;
}

/** One byte of identifier before each value. */
function propertiesSize(properties: PublishProperties): number {
  const { payloadFormatIndicator, messageExpiryInterval, responseTopic, correlationData, contentType } = properties;
  let size = 0;
  if (payloadFormatIndicator !== undefined) size += 2;
  if (messageExpiryInterval !== undefined) size += 5;
  if (responseTopic !== undefined) size += 1 + stringSize(responseTopic);
  if (correlationData !== undefined) size += 3 + correlationData.length;
  if (contentType !== undefined) size += 1 + stringSize(contentType);
  for (const [name, value] of Object.entries(properties.userProperties ?? {})) {
    for (const entry of typeof value === 'string' ? [value] : value) size += 1 + stringSize(name) + stringSize(entry);
  }
  return size;
}

function putProperties(bytes: Buffer, start: number, properties: PublishProperties): number {
  const { payloadFormatIndicator, messageExpiryInterval, responseTopic, correlationData, contentType } = properties;
  let at = start;
  if (payloadFormatIndicator !== undefined) {
    bytes[at++] = PAYLOAD_FORMAT_INDICATOR;
    bytes[at++] = payloadFormatIndicator ? 1 : 0;
  }
  if (messageExpiryInterval !== undefined) {
    bytes[at++] = MESSAGE_EXPIRY_INTERVAL;
    at = bytes.writeUInt32BE(messageExpiryInterval, at);
  }
  if (responseTopic !== undefined) {
    bytes[at++] = RESPONSE_TOPIC;
    at = putString(bytes, at, responseTopic);
  }
  if (correlationData !== undefined) {
    bytes[at++] = CORRELATION_DATA;
    at = putTwoBytes(bytes, at, correlationData.length);
    at += correlationData.copy(bytes, at);
  }
  if (contentType !== undefined) {
    bytes[at++] = CONTENT_TYPE;
    at = putString(bytes, at, contentType);
  }
  for (const [name, value] of Object.entries(properties.userProperties ?? {})) {
    for (const entry of typeof value === 'string' ? [value] : value) {
      bytes[at++] = USER_PROPERTY;
      at = putString(bytes, at, name);
      at = putString(bytes, at, entry);
    }
  }
  return at;
}

function stringSize(text: string): number {
  return 2 + Buffer.byteLength(text);
}

function putString(bytes: Buffer, at: number, text: string): number {
  const size = bytes.write(text, at + 2);
  putTwoBytes(bytes, at, size);
  return at + 2 + size;
}

function putTwoBytes(bytes: Buffer, at: number, value: number): number {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
  return at + 2;
}

function variableByteIntegerSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}

/** Section 1.5.5: seven bits in each byte, the lowest first, and a bit that says that more follow. */
function putVariableByteInteger(bytes: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>= 7;
  }
  bytes[at++] = rest;
  return at;
}
