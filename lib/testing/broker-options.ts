import type { Behaviour, BrokerName } from './behaviour.js';
import { BEHAVIOURS, DEFAULT_BEHAVIOUR } from './behaviours.js';
import type { QoS } from './packets.js';

/** What a client presents in CONNECT. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
}

/**
 * Options of an {@link EmbeddedBroker}.
 *
 * @publicApi
 */
export interface EmbeddedBrokerOptions {
  /** TCP port on 127.0.0.1; 0, the default, takes a free one. */
  port?: number;
  /**
   * The broker whose peculiarities a worker is to meet, or a behaviour of your own, made from one of {@link BEHAVIOURS}.
   * Default: as MQTT wants it; a dead member's messages go to another one.
   */
  behaviour?: BrokerName | Behaviour;
  /**
   * QoS 1 and 2 publishes that a 5.0 client may have under way; it is told so, and a client that has more is
   * disconnected with 0x93. Default 65,535, which is not sent, or what the behaviour announces.
   */
  receiveMaximum?: number;
  /** Highest QoS that is taken and granted; default 2. */
  maximumQoS?: QoS;
  /** Bytes of a whole packet; default no limit. A larger one ends the connection, on 5.0 with 0x95. */
  maximumPacketSize?: number;
  /** Default `true`; `false` refuses retained messages with 0x9A. */
  retainAvailable?: boolean;
  /** Default `true`; `false` refuses `$share/…` with 0x9E, on 3.1.1 with 0x80. */
  sharedSubscriptions?: boolean;
  /**
   * Who may connect; default everyone. `false` is 0x86 (on 3.1.1 Return Code 4), a number is the Reason Code of
   * MQTT 5.0 with 0 for success (on 3.1.1 the nearest Return Code is sent).
   */
  authenticate?: (client: ClientCredentials) => boolean | number;
  /** Messages that may wait for one client, default 100,000 or what the behaviour says; what comes beyond is dropped, with a `drop` event. */
  maxQueuedMessages?: number;
}

export interface ResolvedBrokerOptions extends Required<EmbeddedBrokerOptions> {
  behaviour: Behaviour;
}

export const NO_RECEIVE_MAXIMUM = 65_535;

export function resolveOptions(options: EmbeddedBrokerOptions): ResolvedBrokerOptions {
  const behaviour = behaviourOf(options.behaviour);
  const { announces } = behaviour;
  return {
    behaviour,
    port: options.port ?? 0,
    receiveMaximum:
      options.receiveMaximum ??
      (announces.receiveMaximum === 'echo' ? undefined : announces.receiveMaximum) ??
      NO_RECEIVE_MAXIMUM,
    maximumQoS: options.maximumQoS ?? 2,
    maximumPacketSize: options.maximumPacketSize ?? announces.maximumPacketSize ?? Infinity,
    retainAvailable: options.retainAvailable ?? true,
    sharedSubscriptions: options.sharedSubscriptions ?? true,
    authenticate: options.authenticate ?? (() => true),
    maxQueuedMessages: options.maxQueuedMessages ?? behaviour.maxQueuedMessages,
  };
}

function behaviourOf(asked: BrokerName | Behaviour | undefined): Behaviour {
  if (typeof asked === 'object') return asked;
  if (asked === undefined) return DEFAULT_BEHAVIOUR;
  if (Object.hasOwn(BEHAVIOURS, asked)) return BEHAVIOURS[asked];
  const names = Object.keys(BEHAVIOURS).join(', ');
  throw new TypeError(`EmbeddedBroker has no behaviour '${String(asked)}': choose one of ${names}.`);
}
