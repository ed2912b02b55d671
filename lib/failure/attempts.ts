import { type Backoff, backoffDelay } from '../backoff.js';
import { MQTTSharedError } from '../errors/mqtt-shared.error.js';
import type { FailureEnd, FailurePolicy } from './failure-policy.js';

/** Calls a handler up to `attempts` times with growing waits, then leaves the message to `end`. */
export class Attempts implements FailurePolicy {
  constructor(
    private readonly attempts: number,
    private readonly backoff: Backoff,
    readonly end: FailureEnd,
  ) {}

  retryAfter(error: unknown, attempt: number): number | undefined {
    if (attempt >= this.attempts || isPermanent(error)) return undefined;
    return backoffDelay(this.backoff, attempt);
  }
}

/** What does not depend on the handler fails the same way the next time. */
function isPermanent(error: unknown): boolean {
  return error instanceof MQTTSharedError && error.permanent;
}
