import type { DrainInput } from './drain.js';

export interface PatternsInput extends DrainInput {
  readonly patterns: number;
}

export interface GroupsInput extends DrainInput {
  /** Each gets a copy of every message, on a connection of its own. */
  readonly groups: number;
}

export interface WorkerInput extends DrainInput {
  readonly worker: number;
  /** Milliseconds for which each handler waits. */
  readonly wait: number;
  readonly concurrency: number;
}

export type WorkerReport = { readonly ready: true } | { readonly subscribed: true } | WorkerProgress;

/** Of one worker since it began. Times are those of the system's monotonic clock, in ms. */
export interface WorkerProgress {
  readonly handled: number;
  /** Of the ids of what it handled, so that all together can be checked. */
  readonly sum: number;
  readonly first: number;
  readonly last: number;
}

export interface MemoryReport {
  readonly samples: readonly { readonly heap: number; readonly rss: number }[];
  /** Collections that nobody asked for, and milliseconds that they took, together and at most. */
  readonly collections: { readonly count: number; readonly total: number; readonly longest: number };
  /** Milliseconds. */
  readonly elapsed: number;
}
