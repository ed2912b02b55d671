import type { ProtocolVersion, QoS, ServerLimits } from '../session/wire.js';

/** What becomes of a message that a method has failed with. @publicApi */
export interface MQTTSharedFailureReport {
  /** How often it is tried in this process. */
  readonly attempts: number;
  /** As it takes effect: with a plain subscription, `'redeliver'` is `'ack'`. */
  readonly then: 'redeliver' | 'dead-letter' | 'reject' | 'ack';
  /** With the group filled in, `dead-letter/workers/{topic}`; `undefined` where `then` is something else. */
  readonly deadLetterTopic: string | undefined;
}

/** A method and one filter of it. @publicApi */
export interface MQTTSharedHandlerReport {
  /** `JobsController.resize`, or how a plain pattern was written. */
  readonly method: string;
  /** As subscribed, `$share/workers/jobs/#`. */
  readonly filter: string;
  /** Share Name; `undefined` for a plain subscription. */
  readonly group: string | undefined;
  /** Client Identifiers of the connections through which its messages come. */
  readonly connections: readonly string[];
  /** `'clean'`: what the broker has for this worker is gone when the connection ends. */
  readonly session: 'persistent' | 'clean';
  /** Maximum QoS asked of the broker. */
  readonly qos: QoS;
  /** What the broker granted, the lowest over the connections; `undefined` where it was not asked this time. */
  readonly grantedQoS: QoS | undefined;
  /** Messages of the filter that run at once on one connection, at the most. */
  readonly concurrency: number;
  /** `'manual'`: its messages are acknowledged by `ctx.ack()` alone. */
  readonly ack: 'auto' | 'manual';
  readonly failure: MQTTSharedFailureReport;
}

/** Something that costs messages, or does not do what it looks like. @publicApi */
export interface MQTTSharedStartWarning {
  readonly code:
    | 'NO_HANDLERS'
    | 'QOS_0'
    | 'CLEAN_SESSION'
    | 'SHORT_SESSION_EXPIRY'
    | 'REDELIVER_WITHOUT_SESSION'
    | 'DEFAULT_DEAD_LETTER_TOPIC'
    | 'NO_SHUTDOWN_HOOKS'
    | 'SMALL_WINDOW'
    | 'STRIPPED_SLASH'
    | 'COLON_LEVEL'
    | 'BATCHES_ON_ONE_CONNECTION';
  /** The methods concerned; all of them where it is about the server. */
  readonly methods: readonly string[];
  /** What it costs, and the option to set. */
  readonly message: string;
}

/** What `listen()` has come to. @publicApi */
export interface MQTTSharedStartReport {
  /** The broker's, without user name and password. */
  readonly address: string;
  /** Which broker it is taken for: the name of its profile. */
  readonly broker: string;
  /** 5 for MQTT 5.0, 4 for 3.1.1. */
  readonly protocolVersion: ProtocolVersion;
  /** What the broker announced; `undefined` on 3.1.1, where it announces nothing, and without a connection. */
  readonly limits: ServerLimits | undefined;
  readonly handlers: readonly MQTTSharedHandlerReport[];
  readonly warnings: readonly MQTTSharedStartWarning[];
}

/** How much of the report is logged. @publicApi */
export type StartReportMode = 'full' | 'warnings' | 'off';
