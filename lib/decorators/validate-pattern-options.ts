import { inspect } from 'node:util';
import { LONGEST_TIMER } from '../backoff.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { validateOnError } from '../failure/on-error-options.js';
import { oneOf } from '../one-of.js';
import { refuseUnknownNames } from '../option-names.js';
import { resolveCodec } from '../payload/resolve-codec.js';
import { wholeNumber } from '../whole-number.js';
import { SHARED_PATTERN_OPTIONS, type SharedPatternOptions } from './shared-pattern-options.js';

/** @throws InvalidOptionError */
export function validatePatternOptions(options: SharedPatternOptions): void {
  const { qos, concurrency, timeout, orderBy, ack, codec, onError } = options;
  oneOf('qos', qos, [0, 1, 2]);
  wholeNumber('concurrency', concurrency, 1);
  wholeNumber('timeout', timeout, 1, LONGEST_TIMER);
  if (orderBy !== undefined && orderBy !== 'topic' && typeof orderBy !== 'function') {
    const rule = `${inspect(orderBy, { depth: 0 })} is neither 'topic' nor a function that gives a message's key`;
    throw new InvalidOptionError('orderBy', rule, 'Leave it out for no order.');
  }
  oneOf('ack', ack, ['auto', 'manual']);
  resolveCodec(codec);
  validateOnError(onError);
}

/** The same of the options of one method, as a user knows it: `JobsController.resize`. @throws InvalidOptionError */
export function validateOptionsOf(method: string, options: SharedPatternOptions): void {
  ofMethod(method, () => validatePatternOptions(options));
}

/** With the names, which a plain pattern may have more of for others than this transport. @throws InvalidOptionError */
export function validateSharedOptionsOf(method: string, options: SharedPatternOptions): void {
  ofMethod(method, () => refuseUnknownNames(options, SHARED_PATTERN_OPTIONS));
  validateOptionsOf(method, options);
}

function ofMethod(method: string, validate: () => void): void {
  try {
    validate();
  } catch (error) {
    throw error instanceof InvalidOptionError ? error.of(method) : error;
  }
}
