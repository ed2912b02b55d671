import type { Place } from '../bag.js';
import type { OutboundPublish } from '../session/wire.js';

/** Called once: without an error when the server has taken the message. */
export type Published = (error?: Error) => void;

/** A message from `send` to its outcome. */
export class Outgoing {
  /** Where it is while it is in flight, and how many were sent before it. */
  place: Place<Outgoing> | undefined;
  number = 0;
  /** It is under way, and is not to be sent again. */
  isForgotten = false;
  private settled = false;

  constructor(
    readonly message: OutboundPublish,
    private readonly done: Published,
    readonly requireSubscribers: boolean,
  ) {}

  /** Nobody waits for it any longer. */
  get isSettled(): boolean {
    return this.settled;
  }

  /** What comes after the first outcome is of no interest. */
  settle(error?: Error): void {
    if (this.settled) return;
    this.settled = true;
    this.done(error);
  }
}
