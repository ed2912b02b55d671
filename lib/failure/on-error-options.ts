import { inspect } from 'node:util';
import { type Backoff, type BackoffOptions, backoffWith, validateBackoff } from '../backoff.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { oneOf } from '../one-of.js';
import { type OptionNames, refuseUnknownNames } from '../option-names.js';
import { wholeNumber } from '../whole-number.js';
import { Attempts } from './attempts.js';
import type { FailureEnd, FailurePolicy } from './failure-policy.js';

/**
 * What happens when a handler fails with a message to which nobody waits for an answer. A request is answered with the
 * error at once, and is done with that.
 *
 * @publicApi
 */
export interface OnErrorOptions {
  /** How often a message is tried before `then`, each time that it is delivered here. Default 3. */
  attempts?: number;
  /** Waits between attempts. Default `{ initial: 250, factor: 2, max: 30_000, jitter: 0.5 }`. */
  backoff?: BackoffOptions;
  /**
   * What becomes of the message then.
   *
   * - `'redeliver'` (default): it is not acknowledged, and the broker delivers it again after the connection was
   *   renewed. With a clean session (plain subscriptions) nothing could be delivered again: there it means `'ack'`.
   * - `'dead-letter'`: it is published to `deadLetterTopic`, and acknowledged when the broker has confirmed that; while
   *   that fails, as with `'redeliver'`.
   * - `'reject'`: 5.0: it is acknowledged with Reason Code 0x83, which every broker takes as final; 3.1.1: as `'ack'`.
   * - `'ack'`: it is acknowledged, and the log is all that is left of it.
   */
  then?: 'redeliver' | 'dead-letter' | 'reject' | 'ack';
  /**
   * Where dead letters go; `{group}` is the Share Name and `{topic}` the Topic Name of the message. A topic that a
   * filter of the same group matches is refused at start. Default `dead-letter/{group}/{topic}`.
   */
  deadLetterTopic?: string;
}

const ON_ERROR_OPTIONS: OptionNames<OnErrorOptions> = {
  attempts: true,
  backoff: true,
  // oxlint-disable-next-line unicorn/no-thenable -- the name of an option
  then: true,
  deadLetterTopic: true,
};

export const DEFAULT_ATTEMPTS = 3;
export const DEFAULT_ATTEMPT_BACKOFF: Backoff = { initial: 250, factor: 2, max: 30_000, jitter: 0.5 };

/** @throws InvalidOptionError */
export function validateOnError(onError: OnErrorOptions = {}): void {
  if (typeof onError !== 'object' || onError === null) {
    const example = "Write { then: 'dead-letter' }, for example.";
    throw new InvalidOptionError('onError', `${inspect(onError)} is no object of options`, example);
  }
  refuseUnknownNames(onError, ON_ERROR_OPTIONS, 'onError');
  wholeNumber('onError.attempts', onError.attempts, 1);
  oneOf('onError.then', onError.then, ['redeliver', 'dead-letter', 'reject', 'ack']);
  validateBackoff('onError.backoff', onError.backoff);
}

/** The policy of a pattern: its own options over those of its server. */
export function failurePolicy(server: OnErrorOptions, pattern: OnErrorOptions, end: FailureEnd): FailurePolicy {
  const attempts = pattern.attempts ?? server.attempts ?? DEFAULT_ATTEMPTS;
  const backoff = backoffWith(backoffWith(DEFAULT_ATTEMPT_BACKOFF, server.backoff), pattern.backoff);
  return new Attempts(attempts, backoff, end);
}
