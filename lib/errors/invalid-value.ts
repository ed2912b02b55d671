import { quoted } from './quoted.js';

/** Which rule a value breaks, and what to do about it. */
export interface Fault {
  /** What is wrong, as the rest of a sentence; names the clause where there is one. */
  readonly rule: string;
  /** What to do, as a sentence. */
  readonly fix: string;
}

export interface InvalidValue extends Fault {
  readonly value: unknown;
  /** Where the value was given, as a user knows the place: `JobsController.resize`. */
  readonly where?: string;
}

export function invalidValueMessage(kind: string, { where, value, rule, fix }: InvalidValue): string {
  return `${where === undefined ? '' : `${where}: `}${kind} ${quoted(value)} is not valid: ${rule}. ${fix}`;
}
