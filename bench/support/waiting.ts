import type { DrainInput } from './drain.js';

export interface WaitingInput extends DrainInput {
  /** Milliseconds for which each handler waits. */
  readonly wait: number;
  readonly concurrency: number;
  /** Microseconds of the processor's time that are spent after each wait; of the waits alone. */
  readonly work?: number;
}
