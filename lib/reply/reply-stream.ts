import type { OutboundPublish } from '../session/wire.js';
import { encodeReply, type ReplyFormat } from './encode-reply.js';
import type { ReplyKind } from './reply-protocol.js';
import type { ReplyTarget } from './reply-target.js';

const NOTHING = Symbol('no value is held back');

/** How replies are written, and by whom they are sent. */
export interface ReplyWriter extends ReplyFormat {
  send(message: OutboundPublish): Promise<void>;
}

/**
 * Answers one request with the fewest messages: values leave as they come, and one that is followed by the end in the
 * same turn is the last message itself. `undefined` is no value, as with Nest's own transports.
 *
 * Call `next` any number of times, then once `complete` or `error`, which resolve when the broker has taken every
 * message and reject with the first error.
 */
export class ReplyStream {
  private heldBack: unknown = NOTHING;
  private readonly outstanding = new Set<Promise<void>>();
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

  async complete(): Promise<void> {
    const last = this.heldBack;
    this.heldBack = NOTHING;
    if (last === NOTHING) this.publish('complete');
    else this.publish('last', last);
    await this.settled();
  }

  async error(reason: unknown): Promise<void> {
    this.flush();
    this.publish('error', reason);
    await this.settled();
  }

  private publish(kind: ReplyKind, value?: unknown): void {
    if (this.failure !== undefined) return;
    try {
      this.track(this.writer.send(encodeReply(this.target, this.writer, kind, value)));
    } catch (error) {
      // Somebody waits for this answer: that there is none must reach both sides.
      this.track(this.writer.send(encodeReply(this.target, this.writer, 'error', error)));
      this.failed(error);
    }
  }

  private track(sent: Promise<void>): void {
    this.outstanding.add(sent);
    sent.then(
      () => this.outstanding.delete(sent),
      (error: unknown) => {
        this.outstanding.delete(sent);
        this.failed(error);
      },
    );
  }

  private failed(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }

  private async settled(): Promise<void> {
    await Promise.allSettled(this.outstanding);
    if (this.failure !== undefined) throw this.failure;
  }
}
