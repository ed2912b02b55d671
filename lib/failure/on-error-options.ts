import type { Backoff, BackoffOptions } from '../backoff.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { Attempts } from './attempts.js';
import type { FailureEnd, FailurePolicy } from './failure-policy.js';

/**
 * What happens when a handler fails.
 *
 * @publicApi
 */
export interface OnErrorOptions {
  /** How often a message is tried in this process before `then`. Default 3. */
  attempts?: number;
  /** Waits between attempts. Default `{ initial: 250, factor: 2, max: 30_000, jitter: 0.5 }`. */
  backoff?: BackoffOptions;
  /**
   * `'redeliver'` (default): the message is not acknowledged, and the broker delivers it again after the connection
   * was renewed.
   */
  then?: 'redeliver';
}

export const DEFAULT_ATTEMPTS = 3;
export const DEFAULT_ATTEMPT_BACKOFF: Backoff = { initial: 250, factor: 2, max: 30_000, jitter: 0.5 };

/** The policy of a pattern: its own options over those of its server. */
export function failurePolicy(server: OnErrorOptions, pattern: OnErrorOptions, end: FailureEnd): FailurePolicy {
  const attempts = pattern.attempts ?? server.attempts ?? DEFAULT_ATTEMPTS;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new InvalidOptionError('onError.attempts', `${attempts} is no whole number from 1 on`, 'Use 1 for no retry.');
  }
  return new Attempts(attempts, { ...DEFAULT_ATTEMPT_BACKOFF, ...server.backoff, ...pattern.backoff }, end);
}
