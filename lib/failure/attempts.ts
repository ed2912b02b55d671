import { type Backoff, backoffDelay, LONGEST_TIMER } from '../backoff.js';
import { ownError } from '../errors/own-error.js';
import type { FailureEnd, FailurePolicy } from './failure-policy.js';
import { DeadLetterMessage, RejectMessage, RetryMessage } from './verdicts.js';

/** Calls a handler up to `attempts` times with growing waits, then leaves the message to `end`. */
export class Attempts implements FailurePolicy {
  constructor(
    private readonly attempts: number,
    private readonly backoff: Backoff,
    readonly end: FailureEnd,
  ) {}

  retryAfter(error: unknown, attempt: number): number | undefined {
    if (attempt >= this.attempts || isFinal(error)) return undefined;
    if (error instanceof RetryMessage && error.after !== undefined) return Math.min(error.after, LONGEST_TIMER);
    return backoffDelay(this.backoff, attempt);
  }
}

/** The handler has decided, or what failed does not depend on the handler and fails the same way the next time. */
function isFinal(error: unknown): boolean {
  if (error instanceof DeadLetterMessage || error instanceof RejectMessage) return true;
  return ownError(error)?.permanent ?? false;
}
