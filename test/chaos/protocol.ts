import type { MQTTSharedServerOptions } from 'nestjs-mqtt-shared';

/** What the scripts of this folder are started with, by their names. */
export interface Script {
  broker: Record<string, never>;
  worker: { readonly server: MQTTSharedServerOptions; readonly seed: number };
  publisher: {
    readonly url: string;
    readonly protocolVersion: 4 | 5;
    /** Number of the first job. */
    readonly first: number;
    readonly jobs: number;
    /** For which they are spread. */
    readonly seconds: number;
  };
}

/** What a script tells the run that started it. */
export type Report =
  | { readonly type: 'ready'; readonly url?: string }
  /** The broker has taken these jobs. */
  | { readonly type: 'published'; readonly ids: readonly number[] }
  /** Every job that the publisher had has been published. */
  | { readonly type: 'all-published' }
  | { readonly type: 'refused'; readonly id: number; readonly why: string }
  /** These jobs reached a worker through the session of this Client Identifier. */
  | { readonly type: 'received'; readonly session: string; readonly ids: readonly number[] }
  /** The job's handler is about to succeed. */
  | { readonly type: 'ran'; readonly session: string; readonly id: number }
  | { readonly type: 'noted'; readonly what: string };

export const GROUP = 'workers';

/** The number of a job is the last level of its topic. */
export function jobTopic(id: number): string {
  return `jobs/${id}`;
}

export function jobOf(topic: string): number {
  return Number(topic.slice(topic.lastIndexOf('/') + 1));
}
