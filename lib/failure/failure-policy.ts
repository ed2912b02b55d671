import type { InboundPublish } from '../session/wire.js';

/** What becomes of a message when no attempt is left. */
export type Settlement =
  /** PUBACK or PUBREC with this Reason Code; 0 is success. */
  | { readonly kind: 'acknowledge'; readonly reasonCode: number }
  /** No acknowledgement on this connection, so that the broker delivers the message again. */
  | { readonly kind: 'hold' };

export const ACKNOWLEDGE: Settlement = { kind: 'acknowledge', reasonCode: 0 };
export const HOLD: Settlement = { kind: 'hold' };

/** A message whose handling has failed for good in this process. */
export interface FailedMessage {
  readonly packet: InboundPublish;
  /** Share Name; `undefined` for a plain subscription. */
  readonly group: string | undefined;
  /** Topic Filter that matched; empty when none did. */
  readonly filter: string;
  /** The method that failed, or last did; `undefined` when no method was called. */
  readonly handler: string | undefined;
  /** As decoded for handlers; `undefined` when it was not. */
  readonly message: unknown;
  readonly error: unknown;
  readonly attempts: number;
}

/** One way to end a failed message; one file for each. Rejecting counts as {@link HOLD}. */
export interface FailureEnd {
  settle(failed: FailedMessage): Settlement | Promise<Settlement>;
}

/** What happens after an attempt has failed. */
export interface FailurePolicy {
  /**
   * Milliseconds until the next attempt, `undefined` when there is none. `attempt` is 1 for the first; `message` is as
   * decoded for handlers, `undefined` when it was not.
   */
  retryAfter(error: unknown, attempt: number, message: unknown): number | undefined;
  readonly end: FailureEnd;
}
