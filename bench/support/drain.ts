import type { ProtocolVersion, QoS } from '../../lib/session/wire.js';

/** What a subject is to drain. */
export interface DrainInput {
  readonly url: string;
  readonly protocolVersion: ProtocolVersion;
  /** Of this subject alone, in Client Identifier and Share Name. */
  readonly name: string;
  readonly qos: QoS;
  readonly messages: number;
  /** So many of them come first and are not measured; default none. */
  readonly warmUp?: number;
}

/** `subscribed` when the session exists and the broker queues for it, then the result when all has been handled. */
export type DrainReport = { readonly subscribed: true } | DrainResult;

export interface DrainResult {
  /** Microseconds of user and system time for each message. */
  readonly cpu: number;
  /** Microseconds on the clock for each message. */
  readonly elapsed: number;
}
