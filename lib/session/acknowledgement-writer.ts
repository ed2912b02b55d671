import type { Acknowledgement, ProtocolVersion } from './wire.js';

const PUBACK = 0x40;
const PUBREC = 0x50;

/**
 * Gathers the acknowledgements of one turn of the event loop and writes them at once, in the order they were added.
 * With small messages the write is the dearest part of an acknowledgement.
 */
export class AcknowledgementWriter {
  private queued: Acknowledgement[] = [];
  private scheduled: NodeJS.Immediate | undefined;

  constructor(
    private readonly protocolVersion: ProtocolVersion,
    private readonly write: (bytes: Buffer) => void,
  ) {}

  add(acknowledgement: Acknowledgement): void {
    this.queued.push(acknowledgement);
    this.scheduled ??= setImmediate(() => this.flush());
  }

  flush(): void {
    const acknowledgements = this.queued;
    this.cancel();
    if (acknowledgements.length > 0) this.write(encodeAcknowledgements(acknowledgements, this.protocolVersion));
  }

  /** Forgets what is queued: the connection it belonged to has ended. */
  cancel(): void {
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
    this.scheduled = undefined;
    this.queued = [];
  }
}

/**
 * PUBACK and PUBREC in their shortest form (MQTT 5.0 section 3.4.2.1): the Reason Code is left out when it is
 * success, and Properties always.
 */
export function encodeAcknowledgements(
  acknowledgements: readonly Acknowledgement[],
  protocolVersion: ProtocolVersion,
): Buffer {
  const bytes = Buffer.allocUnsafe(acknowledgements.length * 5);
  let end = 0;
  for (const { packetId, qos, reasonCode } of acknowledgements) {
    const withReason = reasonCode !== 0 && protocolVersion === 5;
    bytes[end++] = qos === 1 ? PUBACK : PUBREC;
    bytes[end++] = withReason ? 3 : 2;
    bytes[end++] = packetId >> 8;
    bytes[end++] = packetId & 0xff;
    if (withReason) bytes[end++] = reasonCode;
  }
  return bytes.subarray(0, end);
}
