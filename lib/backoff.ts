import { inspect } from 'node:util';
import { InvalidOptionError } from './errors/invalid-option.error.js';
import { type OptionNames, refuseUnknownNames } from './option-names.js';

/**
 * Waiting times that grow: `initial`, `initial × factor`, … up to `max`, each shortened by a random part.
 *
 * @publicApi
 */
export interface BackoffOptions {
  /** Milliseconds before the second attempt. */
  initial?: number;
  /** What each further wait is multiplied by, 1 or more. */
  factor?: number;
  /** Milliseconds that no wait exceeds. */
  max?: number;
  /** Part of a wait that is random, 0 (none) to 1 (anything between 0 and the whole). */
  jitter?: number;
}

export type Backoff = Required<BackoffOptions>;

const BACKOFF_OPTIONS: OptionNames<BackoffOptions> = { initial: true, factor: true, max: true, jitter: true };

/** Milliseconds; Node's timers take more for 1. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** What is left out or undefined is as in `defaults`. */
export function backoffWith(defaults: Backoff, backoff: BackoffOptions = {}): Backoff {
  const { initial, factor, max, jitter } = defaults;
  return {
    initial: backoff.initial ?? initial,
    factor: backoff.factor ?? factor,
    max: backoff.max ?? max,
    jitter: backoff.jitter ?? jitter,
  };
}

/** Milliseconds to wait after attempt number `attempt` (1 is the first) has failed. */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const growth = Math.min(Number.MAX_VALUE, backoff.factor ** (attempt - 1));
  const full = Math.min(backoff.max, LONGEST_TIMER, backoff.initial * growth);
  return full * (1 - backoff.jitter * random());
}

/**
 * `least` is the shortest wait, in milliseconds.
 *
 * @throws InvalidOptionError
 */
export function validateBackoff(option: string, backoff: BackoffOptions = {}, least = 0): void {
  if (typeof backoff !== 'object' || backoff === null) {
    throw new InvalidOptionError(option, `${inspect(backoff)} is no object`, 'Write { initial: 500 }, for example.');
  }
  refuseUnknownNames(backoff, BACKOFF_OPTIONS, option);
  const { initial, factor, max, jitter } = backoff;
  number(`${option}.initial`, initial, least);
  number(`${option}.factor`, factor, 1);
  number(`${option}.max`, max, least);
  number(`${option}.jitter`, jitter, 0, 1);
}

function number(option: string, value: number | undefined, from: number, to = Infinity): void {
  if (value === undefined || (typeof value === 'number' && value >= from && value <= to)) return;
  const range = to === Infinity ? `from ${from} on` : `from ${from} to ${to}`;
  throw new InvalidOptionError(option, `${inspect(value)} is no number ${range}`, 'Leave it out for the default.');
}
