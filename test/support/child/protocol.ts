import type { MQTTSharedServerOptions } from 'nestjs-mqtt-shared';

/** What the scripts of this folder are started with, by their names. */
export interface Script {
  'worker-process': {
    readonly server: MQTTSharedServerOptions;
    readonly qos: 0 | 1 | 2;
    /** Default `jobs/#`. */
    readonly filter?: string;
    /** Milliseconds that each message takes; without it a message takes until `release`. */
    readonly takes?: number;
  };
  'pouring-broker': { readonly qos: 0 | 1 | 2; readonly count: number; readonly size: number };
  'flood-publisher': { readonly port: number; readonly count: number; readonly size: number };
}

/** What a script tells the test that started it. */
export type Report =
  | { readonly type: 'ready'; readonly port?: number }
  /** A handler that ends by `release` only was called, with the message of this text. */
  | { readonly type: 'started'; readonly id: string }
  /** Messages whose handler has ended, by the text before the first space of their payload. */
  | { readonly type: 'handled'; readonly ids: readonly string[] }
  /** Reading has been paused. */
  | { readonly type: 'paused' }
  /** The worker's connection has ended. */
  | { readonly type: 'disconnected' }
  /** Bytes by which resident memory has grown since `ready`, at its highest. */
  | { readonly type: 'memory'; readonly grown: number }
  /** A broker got PINGREQ. */
  | { readonly type: 'pingreq' }
  /** A publisher's messages have all been taken by the broker. */
  | { readonly type: 'taken' };

export type ReportOf<T extends Report['type']> = Extract<Report, { type: T }>;

/** What a test tells a script. */
export type Command = 'release' | 'memory' | 'close';
