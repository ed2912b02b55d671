import type { ProtocolVersion, QoS } from './packets.js';

/** The brokers whose peculiarities an {@link EmbeddedBroker} can imitate. */
export type BrokerName = 'mosquitto' | 'hivemq' | 'artemis' | 'nanomq';

/**
 * Where the messages of a shared subscription are from PUBLISH to acknowledgement.
 *
 * `members`: with the member that was chosen when the message came; what its window has no room for waits behind it.
 *
 * - `choose`: `'ready first'` passes over members that are away or full as long as there are others; `'in turn'` does not.
 * - `handsOver`: what a member leaves unfinished goes to another; if not it stays with the session, and ends with it.
 *
 * `queue`: with the group. A member takes what it can when it can, and gives back what it leaves unfinished.
 *
 * - `batch`: a member takes up to so many at once, within its window, and nothing more until it has acknowledged all of
 *   them. Messages are offered to other members only when the queue was empty before, and to one that subscribes: what
 *   waits behind a member that unsubscribes and then acknowledges all waits until then.
 * - `outlivesMembers`: what waits when a member leaves and no other is connected is for whoever is next; else it is lost.
 */
export type Distribution =
  | { readonly kind: 'members'; readonly choose: 'ready first' | 'in turn'; readonly handsOver: boolean }
  | { readonly kind: 'queue'; readonly batch?: number; readonly outlivesMembers: boolean };

/** What is wrong with the filter of a shared subscription. */
export type ShareFault =
  /** `$share//t` */
  | 'empty Share Name'
  /** `$share/+/t` */
  | 'wildcard as Share Name'
  /** `$share/g+/t` */
  | 'wildcard in Share Name'
  /** `$share/g`, `$share/g/` */
  | 'no Topic Filter';

/**
 * How an {@link EmbeddedBroker} acts where brokers differ, as far as a client of a shared subscription can see it.
 *
 * @publicApi
 */
export interface Behaviour {
  readonly distribution: Distribution;
  /** Shared messages for a persistent session whose client is away are lost. */
  readonly losesShareOffline: boolean;
  /** UNSUBSCRIBE hands what is unacknowledged to other members; a late acknowledgement changes nothing. */
  readonly unsubscribeRedelivers: boolean;
  /** A second SUBSCRIBE to a shared subscription hands out again what is unacknowledged. */
  readonly resubscribeRedelivers: boolean;
  /** Shared messages beyond the client's Receive Maximum wait (`'kept'`), or are gone (`'drops'`). */
  readonly receiveMaximum: 'kept' | 'drops';
  /** Messages in flight to a client that announced no Receive Maximum. */
  readonly windowWithoutReceiveMaximum: Readonly<Record<ProtocolVersion, number>>;
  /** What one acknowledgement lets through while messages wait; a whole window is more than the client allowed. */
  readonly acknowledgementFrees: 'one message' | 'a whole window';
  /** When unacknowledged messages come again with DUP, in milliseconds; absent: only on a resumed session, and all at once. */
  readonly resends?: {
    /** On a connection on which it was sent already. */
    readonly every: number;
    /**
     * On a resumed session the first comes after `first`, each further one after `every`, as long as it has a
     * subscription.
     */
    readonly onResumption: { readonly first: number; readonly every: number };
  };
  /**
   * What a session still holds comes again with DUP and its Packet Identifiers; else it goes back to the group as soon as
   * the connection has ended, and comes as if it were new.
   */
  readonly marksRedelivery: boolean;
  /** Reason Code for the connection whose session was taken over, on 5.0; `undefined` where it just ends. */
  readonly takeoverReasonCode: number | undefined;
  /** Versions on which the will of a persistent session comes with its end, and not when its connection breaks. */
  readonly willWithSessionOn: readonly ProtocolVersion[];
  /** Publish the will of a connection whose session was taken over and goes on. */
  readonly willOnTakeover: boolean;
  /** Versions on which a client gets one copy of a message, however many of its subscriptions match. */
  readonly oneCopyOn: readonly ProtocolVersion[];
  /** A client is in one group on each filter: the latest. UNSUBSCRIBE of one group ends all of them. */
  readonly oneGroupPerFilter: boolean;
  /** Shared deliveries carry their Subscription Identifier. */
  readonly identifiesSharedDeliveries: boolean;
  /** Highest QoS granted to a shared subscription. */
  readonly maximumSharedQoS: QoS;
  /** A new member gets the retained message, which section 4.8.2 forbids. */
  readonly sendsRetainedToMembers: boolean;
  /** Versions on which a message that is published retained reaches those who have subscribed with a wildcard before. */
  readonly retainedReachesWildcardsOn: readonly ProtocolVersion[];
  /** Malformed shared subscriptions that are taken, and answered as if they were in order. */
  readonly acceptedFaults: readonly ShareFault[];
  /** No Local on a shared subscription is taken, and means nothing. */
  readonly acceptsNoLocalOnShared: boolean;
  /** How a malformed filter is answered: in SUBACK, or with the end of the connection, and with which Reason Code. */
  readonly malformedFilter: { readonly answer: 'SUBACK' | 'DISCONNECT'; readonly reasonCode: number };
  /** What CONNACK announces on 5.0; what is absent is not sent. */
  readonly announces: {
    /** `'echo'`: whatever the client announced. */
    readonly receiveMaximum?: number | 'echo';
    readonly topicAliasMaximum?: number;
    readonly maximumPacketSize?: number;
    readonly wildcardSubscriptionAvailable?: true;
    readonly subscriptionIdentifiersAvailable?: true;
    readonly sharedSubscriptionAvailable?: true;
    readonly userProperties?: Readonly<Record<string, string>>;
  };
  /**
   * What becomes of publishes beyond the Receive Maximum announced: the client is disconnected with 0x93 (on 5.0); or only
   * those of QoS 2 are counted, and refused with 0x97, on 3.1.1 without a word of it.
   */
  readonly publishExcess: 'disconnects' | 'refuses QoS 2';
  /** Messages that may wait for one client, or for a group. */
  readonly maxQueuedMessages: number;
}
