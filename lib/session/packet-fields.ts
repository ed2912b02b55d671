import { MalformedPacket } from './malformed-packet.js';

/** Reads the fields of a packet one after another (section 1.5). */
export class PacketFields {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
    private readonly end: number,
  ) {}

  get hasMore(): boolean {
    return this.at < this.end;
  }

  byte(): number {
    return this.bytes.readUInt8(this.skip(1));
  }

  twoByteInteger(): number {
    return this.bytes.readUInt16BE(this.skip(2));
  }

  fourByteInteger(): number {
    return this.bytes.readUInt32BE(this.skip(4));
  }

  variableByteInteger(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedPacket('a Variable Byte Integer of more than four bytes');
  }

  string(): string {
    const size = this.twoByteInteger();
    const at = this.skip(size);
    return this.bytes.toString('utf8', at, at + size);
  }

  binary(): Buffer {
    const size = this.twoByteInteger();
    const at = this.skip(size);
    return this.bytes.subarray(at, at + size);
  }

  /** The fields in the next `size` bytes. */
  within(size: number): PacketFields {
    const at = this.skip(size);
    return new PacketFields(this.bytes, at, at + size);
  }

  rest(): Buffer {
    return this.bytes.subarray(this.skip(this.end - this.at), this.end);
  }

  private skip(size: number): number {
    const { at } = this;
    this.at += size;
    if (this.at > this.end) throw new MalformedPacket('a field that is longer than its packet');
    return at;
  }
}
