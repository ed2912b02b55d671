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

/** Milliseconds to wait after attempt number `attempt` (1 is the first) has failed. */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const full = Math.min(backoff.max, backoff.initial * backoff.factor ** (attempt - 1));
  return full * (1 - backoff.jitter * random());
}
