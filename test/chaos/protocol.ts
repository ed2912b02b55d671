import type { MQTTSharedServerOptions, OnErrorOptions } from 'nestjs-mqtt-shared';

/** What the scripts of this folder are started with, by their names. */
export interface Script {
  broker: Record<string, never>;
  worker: {
    readonly server: MQTTSharedServerOptions;
    readonly seed: number;
    /** Whether some jobs fail, hang or take long. */
    readonly misbehaves: boolean;
    /** What becomes of jobs that always fail; `undefined` when they succeed here. */
    readonly poison: OnErrorOptions | undefined;
  };
  publisher: {
    readonly url: string;
    readonly protocolVersion: 4 | 5;
    readonly qos: 1 | 2;
    readonly requireSubscribers: boolean;
    /** Number of the first job. */
    readonly first: number;
    readonly jobs: number;
    /** For which they are spread. */
    readonly seconds: number;
    /** Number of the one that always fails. */
    readonly poison: number | undefined;
  };
}

/** What a script tells the run that started it. */
export type Report =
  | { readonly type: 'ready'; readonly url?: string }
  /** The broker has taken these jobs. */
  | { readonly type: 'published'; readonly ids: readonly number[] }
  /** Every job that the publisher had has been published. */
  | { readonly type: 'all-published' }
  /** So many jobs were unconfirmed when a connection ended, and are published again. */
  | { readonly type: 'publishing-again'; readonly count: number }
  | { readonly type: 'refused'; readonly id: number; readonly why: string }
  /** These jobs reached a worker through the session of this Client Identifier. */
  | { readonly type: 'received'; readonly session: string; readonly ids: readonly number[] }
  /** The job's handler is about to succeed. */
  | { readonly type: 'ran'; readonly session: string; readonly id: number }
  /** The handler of a job that always fails was called, at this time of `Date.now()`. */
  | { readonly type: 'tried'; readonly id: number; readonly at: number; readonly attempt: number }
  | { readonly type: 'noted'; readonly what: string };

export const GROUP = 'workers';
export const POISON_TOPIC = 'jobs/poison/+';
