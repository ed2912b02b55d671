import type { DrainInput } from './drain.js';

export interface PoisonInput extends DrainInput {
  /** Whether the first message always fails. */
  readonly poison: boolean;
}

/** Milliseconds; short, so that a run sees many renewals. */
export const REDELIVER_AFTER = 500;
