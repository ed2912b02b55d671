import { writeToStream } from 'mqtt-packet';
import type { Socket } from 'node:net';

import type { Packet, ProtocolVersion } from './packets.js';

const BLOCK = 64 * 1024;

/** Encodes packets for one socket; everything of one turn of the event loop leaves in one write. */
export class PacketWriter {
  readonly #socket: Socket;
  readonly #flushed: () => void;
  #block = Buffer.allocUnsafeSlow(BLOCK);
  /** Where the unwritten bytes of the block start and end; what lies before is the socket's and never touched again. */
  #start = 0;
  #end = 0;
  #scheduled = false;
  #failure: Error | undefined;

  protocolVersion: ProtocolVersion = 4;

  constructor(socket: Socket, flushed: () => void) {
    this.#socket = socket;
    this.#flushed = flushed;
  }

  /** @throws when the packet cannot be encoded; nothing of it has been written then. */
  send(packet: Packet): void {
    this.#failure = undefined;
    const encoded = writeToStream(packet, this as unknown as NodeJS.WritableStream, {
      protocolVersion: this.protocolVersion,
    });
    if (!encoded) throw this.#failure ?? new Error(`${packet.cmd} packet has a property without a value`);
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#socket.cork();
      queueMicrotask(() => this.flush());
    }
  }

  flush(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.#hand();
    this.#socket.uncork();
    this.#flushed();
  }

  /** Called by `writeToStream`. */
  write(chunk: Buffer | string): true {
    const size = typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
    if (size > BLOCK - this.#end) {
      this.#hand();
      if (size > BLOCK / 4) {
        this.#socket.write(chunk);
        return true;
      }
      this.#block = Buffer.allocUnsafeSlow(BLOCK);
      this.#start = this.#end = 0;
    }
    if (typeof chunk === 'string') this.#block.write(chunk, this.#end);
    else this.#block.set(chunk, this.#end);
    this.#end += size;
    return true;
  }

  /** Called by `writeToStream` before the first byte of a packet that it refuses to encode. */
  destroy(error: Error): void {
    this.#failure = error;
  }

  #hand(): void {
    if (this.#end === this.#start) return;
    this.#socket.write(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
