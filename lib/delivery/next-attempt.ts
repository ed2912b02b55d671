import type { Attempt, Failure } from './attempt.js';
import type { Delivery } from './delivery.js';

export interface HandlerFailure extends Failure {
  readonly attempt: Attempt;
}

export interface NextAttempt {
  /** Milliseconds; `undefined` when there is none. */
  readonly wait: number | undefined;
  /** What decided that. */
  readonly failure: HandlerFailure;
}

export function failuresOf({ attempts }: Delivery): HandlerFailure[] {
  return attempts.flatMap((attempt) =>
    attempt.verdict?.kind === 'failed' ? [{ attempt, error: attempt.verdict.error }] : [],
  );
}

/**
 * After the longest of the waits that the failures ask for, or not at all where one of the handlers is not to be called
 * again. `undefined` when nothing has failed.
 */
export function nextAttempt(delivery: Delivery, failures: readonly HandlerFailure[]): NextAttempt | undefined {
  const { route, decodedMessage, attemptNumber, attemptsBefore } = delivery;
  const attempt = attemptNumber - attemptsBefore;
  let longest: NextAttempt | undefined;
  for (const failure of failures) {
    const wait = route.failure.retryAfter(failure.error, attempt, decodedMessage);
    if (wait === undefined) return { wait, failure };
    if (longest?.wait === undefined || wait > longest.wait) longest = { wait, failure };
  }
  return longest;
}
