/**
 * Waiting times that grow: `initial`, `initial × factor`, … up to `max`, each shortened by a random part.
 *
 * @publicApi
 */
export interface BackoffOptions {
  /** Milliseconds before the second attempt. */
  initial?: number;
  /** What each further wait is multiplied by. */
  factor?: number;
  /** Milliseconds that no wait exceeds. */
  max?: number;
  /** Part of a wait that is random, 0 (none) to 1 (anything between 0 and the whole). */
  jitter?: number;
}

export type Backoff = Required<BackoffOptions>;

/** Milliseconds; Node's timers take more for 1. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Milliseconds to wait after attempt number `attempt` (1 is the first) has failed. */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const growth = Math.min(Number.MAX_VALUE, backoff.factor ** (attempt - 1));
  const full = Math.min(backoff.max, LONGEST_TIMER, backoff.initial * growth);
  return full * (1 - backoff.jitter * random());
}
