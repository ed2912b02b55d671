import { MalformedPacket } from './malformed-packet.js';
import { PacketFields } from './packet-fields.js';
import { readPublishProperties } from './read-publish-properties.js';
import type { InboundPublish, ProtocolVersion, QoS } from './wire.js';

const DUP = 0x08;
const RETAIN = 0x01;

/**
 * Reads a PUBLISH (section 3.3): `flags` is the first byte of its fixed header, its Remaining Length is in `bytes` from
 * `body` to `end`. The payload is no copy.
 */
export function readPublish(
  flags: number,
  bytes: Buffer,
  body: number,
  end: number,
  protocolVersion: ProtocolVersion,
): InboundPublish {
  const qos = (flags >> 1) & 0b11;
  if (qos === 3) throw new MalformedPacket('a PUBLISH at QoS 3'); // [MQTT-3.3.1-4]
  const fields = new PacketFields(bytes, body, end);
  const topic = fields.string();
  if (topic === '') throw new MalformedPacket('a PUBLISH without a Topic Name'); // [MQTT-4.7.3-1]
  const packetId = qos === 0 ? 0 : fields.twoByteInteger();
  if (qos !== 0 && packetId === 0) throw new MalformedPacket('a PUBLISH with the Packet Identifier 0'); // [MQTT-2.2.1-3]
  const properties = protocolVersion === 5 ? readPublishProperties(fields) : undefined;
  return {
    topic,
    payload: fields.rest(),
    qos: qos as QoS,
    dup: (flags & DUP) !== 0,
    retain: (flags & RETAIN) !== 0,
    packetId,
    properties,
  };
}
