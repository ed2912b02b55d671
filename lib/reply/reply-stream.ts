import type { OutboundPublish } from '../session/wire.js';
import { encodeReply, type ReplyFormat } from './encode-reply.js';
import type { ReplyKind } from './reply-protocol.js';
import type { ReplyTarget } from './reply-target.js';

const NOTHING = Symbol('no value is held back');

/** How replies are written, and by whom they are sent. */
export interface ReplyWriter extends ReplyFormat {
  /** Calls `done` once: without an error when the broker has taken the message. */
  send(message: OutboundPublish, done: (error?: Error) => void): void;
}

/**
 * Answers one request with the fewest messages: values leave as they come, and one that is followed by the end in the
 * same turn is the last message itself. `undefined` is no value, as with Nest's own transports.
 *
 * Call `next` any number of times, then once `complete`, `end` or `error`, which resolve when the broker has taken every
 * message and reject with the first error.
 */
export class ReplyStream {
  private heldBack: unknown = NOTHING;
  private outstanding = 0;
  private whenSettled: (() => void) | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly target: ReplyTarget,
    private readonly writer: ReplyWriter,
  ) {}

  next(value: unknown): void {
    if (value === undefined) return;
    this.flush();
    this.heldBack = value;
    process.nextTick(() => this.flush());
  }

  /** Sends what `next` was given last. For who leaves the end to another stream: what is sent there comes later. */
  flush(): void {
    const value = this.heldBack;
    if (value === NOTHING) return;
    this.heldBack = NOTHING;
    this.publish('next', value);
  }

  /** {@link next} and {@link complete}. */
  end(value: unknown): Promise<void> {
    this.flush();
    if (value !== undefined) this.heldBack = value;
    return this.complete();
  }

  complete(): Promise<void> {
    const last = this.heldBack;
    this.heldBack = NOTHING;
    if (last === NOTHING) this.publish('complete');
    else this.publish('last', last);
    return this.settled();
  }

  error(reason: unknown): Promise<void> {
    this.flush();
    this.publish('error', reason);
    return this.settled();
  }

  private publish(kind: ReplyKind, value?: unknown): void {
    if (this.failure !== undefined) return;
    let message: OutboundPublish;
    try {
      message = encodeReply(this.target, this.writer, kind, value);
    } catch (error) {
      // Somebody waits for this answer: that there is none must reach both sides.
      message = encodeReply(this.target, this.writer, 'error', error);
      this.failed(error);
    }
    this.outstanding++;
    this.writer.send(message, this.taken);
  }

  private readonly taken = (error?: Error): void => {
    this.outstanding--;
    if (error !== undefined) this.failed(error);
    if (this.outstanding === 0) this.whenSettled?.();
  };

  private failed(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }

  private settled(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.whenSettled = () => (this.failure === undefined ? resolve() : reject(this.failure));
      if (this.outstanding === 0) this.whenSettled();
    });
  }
}
