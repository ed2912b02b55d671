import type { PacketWriter } from './packet-writer.js';
import type { Acknowledgement, ProtocolVersion } from './wire.js';

const PUBACK = 0x40;
const PUBREC = 0x50;
const PUBCOMP = 0x70;

/**
 * PUBACK and PUBREC in their shortest form (MQTT 5.0 section 3.4.2.1): the Reason Code is left out when it is
 * success, and Properties always.
 */
export function addAcknowledgement(
  writer: PacketWriter,
  { packetId, qos, reasonCode }: Acknowledgement,
  protocolVersion: ProtocolVersion,
): void {
  const withReason = reasonCode !== 0 && protocolVersion === 5;
  let at = writer.reserve(withReason ? 5 : 4);
  const { bytes } = writer;
  bytes[at++] = qos === 1 ? PUBACK : PUBREC;
  bytes[at++] = withReason ? 3 : 2;
  bytes[at++] = packetId >> 8;
  bytes[at++] = packetId & 0xff;
  if (withReason) bytes[at] = reasonCode;
}

/** PUBCOMP with success, also for a Packet Identifier of an earlier connection (MQTT 5.0 section 4.3.3). */
export function addPubcomp(writer: PacketWriter, packetId: number): void {
  const at = writer.reserve(4);
  const { bytes } = writer;
  bytes[at] = PUBCOMP;
  bytes[at + 1] = 2;
  bytes.writeUInt16BE(packetId, at + 2);
}
