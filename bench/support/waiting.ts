import type { DrainInput } from './drain.js';

export interface WaitingInput extends DrainInput {
  /** Milliseconds for which each handler waits. */
  readonly wait: number;
  readonly concurrency: number;
}
