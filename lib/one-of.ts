import { inspect } from 'node:util';
import { InvalidOptionError } from './errors/invalid-option.error.js';

/** @throws InvalidOptionError when it is given and none of `allowed` */
export function oneOf<T>(option: string, value: T | undefined, allowed: readonly NoInfer<T>[]): void {
  if (value === undefined || allowed.includes(value)) return;
  const names = allowed.map((name) => inspect(name)).join(', ');
  const rule = `${inspect(value, { depth: 0 })} is none of ${names}`;
  throw new InvalidOptionError(option, rule, 'Leave it out for the default.');
}
