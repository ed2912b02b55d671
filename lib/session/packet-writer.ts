const CHUNK = 16_384;
const NOTHING = Buffer.alloc(0);

/**
 * Gathers the packets of one turn of the event loop and writes them at once, in the order they were added. With small
 * messages the write is the dearest part of a packet.
 *
 * `const at = writer.reserve(size)`, and then fill exactly so many bytes of `writer.bytes` from there.
 */
export class PacketWriter {
  bytes = NOTHING;
  private start = 0;
  private end = 0;
  private onWritten: (() => void)[] = [];
  private scheduled: NodeJS.Immediate | undefined;

  /** `written` is called when the bytes have left, and not when the connection ends first. */
  constructor(private readonly write: (bytes: Buffer, written?: () => void) => void) {}

  /** Room behind what was added last: where it begins in {@link bytes}, which may be others than before. */
  reserve(size: number): number {
    if (this.end + size > this.bytes.length) {
      this.writeOut();
      // What was handed over may be read until it has left, so its room is never used again.
      this.bytes = Buffer.allocUnsafeSlow(Math.max(CHUNK, size));
      this.start = 0;
      this.end = 0;
    }
    this.scheduled ??= setImmediate(this.flush);
    const at = this.end;
    this.end += size;
    return at;
  }

  /** Calls back when what has been added so far has left. */
  whenWritten(done: () => void): void {
    this.onWritten.push(done);
  }

  readonly flush = (): void => {
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
    this.scheduled = undefined;
    this.writeOut();
  };

  private writeOut(): void {
    if (this.end === this.start) return;
    const bytes = this.bytes.subarray(this.start, this.end);
    this.start = this.end;
    const callbacks = this.onWritten;
    if (callbacks.length === 0) {
      this.write(bytes);
      return;
    }
    this.onWritten = [];
    this.write(bytes, () => {
      for (const done of callbacks) done();
    });
  }

  /** Forgets what is gathered: the connection it belonged to has ended. */
  cancel(): void {
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
    this.scheduled = undefined;
    this.start = this.end;
    this.onWritten = [];
  }
}
