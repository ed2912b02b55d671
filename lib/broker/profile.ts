import type { QoS } from '../session/wire.js';

/**
 * What a broker does where brokers differ, as far as this library acts on it. `npx nestjs-mqtt-shared doctor <url> --json`
 * prints that of yours.
 *
 * Where MQTT 3.1.1 and 5.0 differ on one broker, or it could not be found out, a profile says what is safe for both.
 *
 * @publicApi
 */
export interface BrokerProfile {
  /** For messages and the log. */
  readonly name: string;
  /**
   * Whether other members get what one held unacknowledged when its connection ended, by the kind of its session.
   * Where not, that of a clean session is lost, and that of a persistent one waits for its Client Identifier.
   */
  readonly handsOver: { readonly clean: boolean; readonly persistent: boolean };
  /** A persistent session whose member is away goes on receiving its share, which waits (or is lost) there. */
  readonly offlineMembersTakeShare: boolean;
  /** UNSUBSCRIBE hands what the member has not acknowledged to others, though it may be running here. */
  readonly unsubscribeRedelivers: boolean;
  /** A second SUBSCRIBE to the same filter delivers again what is unacknowledged. */
  readonly resubscribeRedelivers: boolean;
  /**
   * What becomes of more messages than the Receive Maximum announced in CONNECT: they wait or go to another member
   * (`'kept'`), are dropped for good (`'drops'`), or are delivered all the same (`'ignored'`).
   */
  readonly receiveMaximum: 'kept' | 'drops' | 'ignored';
  /** Nothing more comes until every message of a batch is acknowledged, so that one slow message holds a connection up. */
  readonly deliversInBatches: boolean;
  /** Unacknowledged messages come again on the same connection. */
  readonly resendsOnLiveConnection: boolean;
  /**
   * Milliseconds that a session which comes back waits at the longest for the next of the messages that it held, as long
   * as it is subscribed and nothing else comes. 0 where all of them come at once, whether it is or not.
   */
  readonly resumptionPause: number;
  /**
   * The will of a persistent session comes when its connection breaks. Where not, it comes with the end of the session,
   * so that a dead worker is known by the will of another of its connections.
   */
  readonly willsOfSessions: boolean;
  /**
   * On MQTT 5.0 a message that is published retained reaches those who have subscribed with a wildcard before. Where not,
   * workers watch each other's presence on 3.1.1.
   */
  readonly retainedReachesWildcards: boolean;
  /** The resend of a message carries DUP; where not, it looks like a new message. */
  readonly marksRedelivery: boolean;
  /** PUBACKs in another order than that of arrival are taken. */
  readonly acknowledgeInAnyOrder: boolean;
  /** Highest QoS granted to a shared subscription. */
  readonly maximumQoS: QoS;
  /**
   * QoS 1 and 2 publishes of one connection that may be under way without loss or disconnection, also where CONNACK does
   * not say so. 65,535 where no limit was met.
   */
  readonly publishWindow: number;
}
