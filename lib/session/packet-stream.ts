import { Writable } from 'node:stream';
import { MalformedPacket } from './malformed-packet.js';

/**
 * Takes the packet that is in `bytes` from `start` to `end`, with its Remaining Length from `body`. `false`: nothing more
 * is to be taken before {@link PacketStream.goOn}.
 */
export type TakePacket = (bytes: Buffer, start: number, body: number, end: number) => boolean;

const NOTHING: Buffer = Buffer.alloc(0);
const UNKNOWN = Infinity;

/** First bytes of what a server may send (sections 2.1.2 and 2.1.3); PUBLISH has flags of its own. */
const FIRST_BYTES = new Set([0x20, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, 0xf0]);
const PUBLISH = 3;

/** Splits what a connection reads into MQTT Control Packets, and hands them over one at a time. */
export class PacketStream extends Writable {
  private bytes = NOTHING;
  private at = 0;
  /** What follows on `bytes`. */
  private rest = NOTHING;
  private paused = false;
  private stopped = false;
  private reading = false;
  private readOn: (() => void) | undefined;
  /** A packet of which only the beginning has come. */
  private begun: Buffer[] = [];
  private begunSize = 0;
  private wholeSize = UNKNOWN;
  private grew = false;

  /** `malformed`: nothing is taken any more. */
  constructor(
    private readonly take: TakePacket,
    private readonly malformed: (error: MalformedPacket) => void,
  ) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, readOn: () => void): void {
    this.readOn = readOn;
    this.add(chunk);
    this.read();
  }

  goOn(): void {
    this.paused = false;
    if (!this.reading) this.read();
  }

  /** Whether a packet that is longer than what has come of it has become more. */
  grewSinceLastLook(): boolean {
    const { grew } = this;
    this.grew = false;
    return grew;
  }

  /** Nothing is taken any more. */
  stop(): void {
    this.stopped = true;
  }

  private add(chunk: Buffer): void {
    if (this.begun.length === 0) {
      this.bytes = chunk;
      this.at = 0;
      return;
    }
    const missing = this.wholeSize - this.begunSize;
    if (this.wholeSize !== UNKNOWN && chunk.length < missing) {
      this.keep(chunk);
      return;
    }
    this.bytes = Buffer.concat([...this.begun, chunk.subarray(0, missing)]);
    this.at = 0;
    this.rest = chunk.subarray(missing);
    this.begun = [];
    this.begunSize = 0;
  }

  private keep(bytes: Buffer): void {
    this.begun.push(bytes);
    this.begunSize += bytes.length;
    this.grew = true;
  }

  private read(): void {
    this.reading = true;
    try {
      while (!this.paused && !this.stopped && this.takeNext());
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error;
      this.stop();
      this.malformed(error);
    } finally {
      this.reading = false;
    }
    if (this.paused || this.stopped) return;
    const { readOn } = this;
    this.readOn = undefined;
    readOn?.();
  }

  /** Whether more can be taken. */
  private takeNext(): boolean {
    const { bytes, at: start } = this;
    const first = bytes[start];
    if (first === undefined) return this.endOfBytes(UNKNOWN);
    // At once: what is no MQTT may never come to what looks like its end.
    if (first >> 4 !== PUBLISH && !FIRST_BYTES.has(first))
      throw new MalformedPacket(`a packet that begins with ${hex(first)}`);
    let body = start + 1;
    let remaining = 0;
    // Section 1.5.5: seven bits in each byte, the lowest first, and a bit that says that more follow.
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) throw new MalformedPacket('a Remaining Length of more than four bytes');
      const byte = bytes[body++];
      if (byte === undefined) return this.endOfBytes(UNKNOWN);
      remaining |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const end = body + remaining;
    if (end > bytes.length) return this.endOfBytes(end - start);
    this.at = end;
    if (!this.take(bytes, start, body, end)) this.paused = true;
    return true;
  }

  private endOfBytes(wholeSize: number): boolean {
    const { bytes, at, rest } = this;
    this.bytes = rest;
    this.at = 0;
    this.rest = NOTHING;
    if (at < bytes.length) {
      this.wholeSize = wholeSize;
      this.keep(bytes.subarray(at));
    }
    return rest.length > 0;
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
