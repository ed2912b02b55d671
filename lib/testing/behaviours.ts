import { EMBEDDED_MARK } from '../broker/embedded-mark.js';
import type { Behaviour, BrokerName } from './behaviour.js';
import { ReasonCode } from './reason-code.js';

const UNLIMITED = 65_535;

/** As MQTT wants it, and kind where MQTT leaves it open. */
export const DEFAULT_BEHAVIOUR: Behaviour = {
  distribution: { kind: 'members', choose: 'ready first', handsOver: true },
  losesShareOffline: false,
  unsubscribeRedelivers: false,
  resubscribeRedelivers: false,
  receiveMaximum: 'kept',
  windowWithoutReceiveMaximum: { 4: 20, 5: UNLIMITED },
  acknowledgementFrees: 'one message',
  marksRedelivery: true,
  takeoverReasonCode: ReasonCode.sessionTakenOver,
  willWithSessionOn: [],
  willOnTakeover: false,
  oneCopyOn: [],
  oneGroupPerFilter: false,
  identifiesSharedDeliveries: true,
  maximumSharedQoS: 2,
  sendsRetainedToMembers: false,
  retainedReachesWildcardsOn: [4, 5],
  acceptedFaults: [],
  acceptsNoLocalOnShared: false,
  malformedFilter: { answer: 'SUBACK', reasonCode: ReasonCode.topicFilterInvalid },
  announces: { userProperties: EMBEDDED_MARK },
  publishExcess: 'disconnects',
  maxQueuedMessages: 100_000,
};

/**
 * What was seen of real brokers with their own defaults. Each value can be changed in a copy:
 * `{ ...BEHAVIOURS.artemis, resubscribeRedelivers: false }`.
 *
 * @publicApi
 */
export const BEHAVIOURS: Readonly<Record<BrokerName, Behaviour>> = {
  /** 2.0.11. Later ones send no retained message to a member, and refuse more filters. */
  mosquitto: {
    ...DEFAULT_BEHAVIOUR,
    distribution: { kind: 'members', choose: 'in turn', handsOver: false },
    windowWithoutReceiveMaximum: { 4: 20, 5: 20 },
    acknowledgementFrees: 'a whole window',
    takeoverReasonCode: undefined,
    oneCopyOn: [4],
    sendsRetainedToMembers: true,
    acceptedFaults: ['empty Share Name', 'wildcard as Share Name', 'no Topic Filter'],
    acceptsNoLocalOnShared: true,
    malformedFilter: { answer: 'DISCONNECT', reasonCode: ReasonCode.malformedPacket },
    announces: { receiveMaximum: 20, topicAliasMaximum: 10 },
    publishExcess: 'refuses QoS 2',
    maxQueuedMessages: 1_000,
  },

  /** CE 2025.5. */
  hivemq: {
    ...DEFAULT_BEHAVIOUR,
    distribution: { kind: 'queue', batch: 50, outlivesMembers: true },
    windowWithoutReceiveMaximum: { 4: UNLIMITED, 5: UNLIMITED },
    marksRedelivery: false,
    willOnTakeover: true,
    maximumSharedQoS: 1,
    malformedFilter: { answer: 'DISCONNECT', reasonCode: ReasonCode.topicFilterInvalid },
    announces: { receiveMaximum: 10, topicAliasMaximum: 5 },
    maxQueuedMessages: 1_000,
  },

  /**
   * 2.44. A later one, 2.56, keeps two groups on one filter apart, sends Subscription Identifiers, and does nothing to
   * messages in flight at a second SUBSCRIBE.
   */
  artemis: {
    ...DEFAULT_BEHAVIOUR,
    distribution: { kind: 'queue', outlivesMembers: false },
    unsubscribeRedelivers: true,
    resubscribeRedelivers: true,
    windowWithoutReceiveMaximum: { 4: UNLIMITED, 5: UNLIMITED },
    oneGroupPerFilter: true,
    willWithSessionOn: [5], // one with a Will Delay Interval comes up to 5 s after that
    identifiesSharedDeliveries: false,
    sendsRetainedToMembers: true,
    retainedReachesWildcardsOn: [4], // seen on 2.56
    acceptedFaults: ['empty Share Name', 'wildcard as Share Name', 'wildcard in Share Name'],
    acceptsNoLocalOnShared: true,
    malformedFilter: { answer: 'DISCONNECT', reasonCode: 0x83 },
    announces: { topicAliasMaximum: 65_535, maximumPacketSize: 268_435_455 },
  },

  /** 0.25. Where a client has two subscriptions that match, it sends more copies than here. */
  nanomq: {
    ...DEFAULT_BEHAVIOUR,
    distribution: { kind: 'members', choose: 'in turn', handsOver: false },
    losesShareOffline: true,
    receiveMaximum: 'drops',
    windowWithoutReceiveMaximum: { 4: UNLIMITED, 5: UNLIMITED },
    willWithSessionOn: [4, 5],
    resends: { every: 10_000, onResumption: { first: 15_000, every: 10_000 } },
    malformedFilter: { answer: 'DISCONNECT', reasonCode: ReasonCode.topicFilterInvalid },
    announces: {
      receiveMaximum: 'echo',
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: true,
      sharedSubscriptionAvailable: true,
    },
  },
};
