import { inspect } from 'node:util';
import { InvalidOptionError } from './errors/invalid-option.error.js';

/** @throws InvalidOptionError when it is given and out of range */
export function wholeNumber(
  option: string,
  value: number | undefined,
  from: number,
  to = Number.MAX_SAFE_INTEGER,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) return;
  const range = to === Number.MAX_SAFE_INTEGER ? `from ${from} on` : `from ${from} to ${to}`;
  throw new InvalidOptionError(
    option,
    `${inspect(value)} is no whole number ${range}`,
    'Leave it out for the default.',
  );
}
