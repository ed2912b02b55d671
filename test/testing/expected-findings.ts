import type { BrokerName } from 'nestjs-mqtt-shared/testing';
import type { FindingOf, ProbeName } from '../../lib/doctor/probes/index.js';

type Expectation<Finding> = Partial<Finding> | ((finding: Finding) => boolean);

/** What the doctor finds out about a broker, by protocol version; what is not named is left open. */
export type Expectations = {
  readonly [Name in ProbeName]?: Readonly<Partial<Record<4 | 5, Expectation<FindingOf<Name>>>>>;
};

const both = <T>(expected: T) => ({ 4: expected, 5: expected });
const on5 = <T>(expected: T) => ({ 5: expected });

const all = { taken: 300, delivered: 300 };

const comesAtOnce = ({ afterCrash, onTakeover }: FindingOf<'will'>): boolean => afterCrash !== undefined && !onTakeover;

const comesWithSessionEnd = ({ afterCrash, onTakeover, ofCleanAfterCrash }: FindingOf<'will'>): boolean =>
  afterCrash === undefined && !onTakeover && ofCleanAfterCrash !== undefined;

const unlimited = ({ limit, inBatches, lost }: FindingOf<'window'>): boolean =>
  limit === undefined && !inBatches && lost === 0;

/** Alike on all of them. */
const COMMON = {
  distribution: both({ lost: 0, twice: 0 }),
  overlap: both({ copies: 2 }),
  identifiers: on5({ present: true }),
  unsubscribe: both({ redelivered: 0, lateAcknowledgementCounts: true }),
  resubscribe: both({ redelivered: 0 }),
  resends: both({ resends: false }),
  ackOrder: both({ tolerated: true, again: 0 }),
  negativeAck: on5({ final: true }),
  retained: both({ delivered: 0 }),
  emptyLevel: both({ leadingSlash: true, without: false }),
  presence: both({ allowed: true, heard: true }),
} satisfies Expectations;

export const EXPECTED: Readonly<Record<BrokerName, Expectations>> = {
  mosquitto: {
    ...COMMON,
    limits: on5({ receiveMaximum: 20, topicAliasMaximum: 10 }),
    distribution: both({ counts: [30, 30, 30], lost: 0, twice: 0 }),
    stuckMember: both({ held: 20, toOther: 50, later: 30, lost: 0 }),
    grantedQoS: both({ granted: [1, 2] as const }),
    groups: { 4: { copies: 1 }, 5: { copies: 2 } },
    overlap: { 4: { copies: 1 }, 5: { copies: 2 } },
    besidePlain: { 4: { copies: 1 }, 5: { copies: 2 } },
    crashClean: both({ held: 4, toOther: 0, toOwner: 0, lost: 4 }),
    crashPersistent: both({ held: 4, toOther: 0, toOwner: 4, lost: 0, dup: true, samePacketId: true }),
    expiry: on5({ held: 4, toOther: 0 }),
    takeover: both({ held: 4, sessionPresent: true, resent: 4, dup: true, ended: true }),
    offlineMember: both({ toOther: 10, onReturn: 10, lost: 0 }),
    allOffline: both({ toFirst: 5, toSecond: 5, lost: 0 }),
    receiveMaximum: on5({ atOnce: 2, toOther: 8, later: 10, lost: 0 }),
    window: both({ limit: 20, inBatches: false, lost: 0 }),
    retained: both({ delivered: 1 }),
    burst: {
      4: { qos1: all, qos2: { taken: 300, delivered: 20 } },
      // How many more are taken while the first are released is a race.
      5: ({ qos1, qos2 }) =>
        qos1.delivered === 300 && qos2.taken < 300 && qos2.delivered === qos2.taken && qos2.disconnected === undefined,
    },
    will: both(comesAtOnce),
  },

  hivemq: {
    ...COMMON,
    limits: on5({ receiveMaximum: 10, topicAliasMaximum: 5 }),
    // Who acknowledges gets more; what comes while one holds a message and the others are idle waits.
    stuckMember: both(
      ({ held, toOther, later, lost }) =>
        lost === 0 && held <= 1 && held + toOther + later === 100 && (held === 1) === later > 0,
    ),
    grantedQoS: both({ granted: [1, 1] as const }),
    groups: both({ copies: 2 }),
    besidePlain: both({ copies: 2 }),
    crashClean: both({ held: 1, toOther: 1, lost: 0, dup: false }),
    crashPersistent: both({ held: 1, toOther: 1, lost: 0, dup: false }),
    expiry: on5({ held: 1, toOther: 1 }),
    takeover: both({ held: 1, sessionPresent: true, resent: 1, dup: false, ended: true }),
    offlineMember: both({ toOther: 20, onReturn: 0, lost: 0 }),
    allOffline: both({ toFirst: 10, toSecond: 0, lost: 0 }),
    receiveMaximum: on5({ atOnce: 1, lost: 0 }),
    window: both({ inBatches: true, lost: 0 }),
    burst: {
      4: { qos1: all, qos2: all },
      // With 0x93, unless the end of the connection overtakes it.
      5: ({ qos1, qos2 }) =>
        [qos1, qos2].every(({ delivered, disconnected }) => disconnected !== undefined && delivered < 300),
    },
    will: both({ onTakeover: true }),
  },

  artemis: {
    ...COMMON,
    limits: on5({ topicAliasMaximum: 65_535, maximumPacketSize: 268_435_455 }),
    distribution: both({ counts: [30, 30, 30], lost: 0, twice: 0 }),
    stuckMember: both({ held: 50, toOther: 50, later: 0, lost: 0 }),
    grantedQoS: both({ granted: [1, 2] as const }),
    groups: both({ copies: 1 }),
    besidePlain: both({ copies: 2 }),
    identifiers: on5({ present: false }),
    crashClean: both({ held: 4, toOther: 4, lost: 0, dup: false }),
    crashPersistent: both({ held: 4, toOther: 4, lost: 0, dup: false }),
    expiry: on5({ held: 4, toOther: 4 }),
    takeover: both({ held: 4, sessionPresent: true, resent: 4, dup: true, ended: true }),
    offlineMember: both({ toOther: 20, onReturn: 0, lost: 0 }),
    allOffline: both({ toFirst: 10, toSecond: 0, lost: 0 }),
    unsubscribe: both(({ held, redelivered }) => held > 0 && redelivered === held),
    resubscribe: both({ redelivered: 4 }),
    receiveMaximum: on5({ atOnce: 2, toOther: 18, later: 0, lost: 0 }),
    window: both(unlimited),
    retained: both({ delivered: 1 }),
    presence: { 4: { allowed: true, heard: true }, 5: { allowed: true, heard: false } },
    burst: both({ qos1: all, qos2: all }),
    will: { 4: comesAtOnce, 5: comesWithSessionEnd },
  },

  nanomq: {
    ...COMMON,
    limits: on5({
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: true,
      sharedSubscriptionAvailable: true,
    }),
    // Whose turn it is, is counted over all groups of the broker.
    distribution: both(({ counts, lost, twice }) => lost === 0 && twice === 0 && counts.every((count) => count > 0)),
    stuckMember: both(
      ({ held, toOther, later, lost }) =>
        held > 0 && toOther > 0 && held + toOther === 100 && later === 0 && lost === 0,
    ),
    grantedQoS: both({ granted: [1, 2] as const }),
    groups: both({ copies: 2 }),
    crashClean: both({ held: 4, toOther: 0, toOwner: 0, lost: 4 }),
    // How many come while the doctor waits depends on the pace.
    crashPersistent: both(
      ({ held, toOther, toOwner, notYet, dup, samePacketId }) =>
        held === 4 &&
        toOther === 0 &&
        toOwner > 0 &&
        toOwner + notYet === held &&
        dup === true &&
        samePacketId === true,
    ),
    expiry: on5({ held: 4, toOther: 0 }),
    takeover: both(
      ({ held, sessionPresent, resent, notYet, dup, ended }) =>
        held === 4 && sessionPresent && resent > 0 && resent + notYet === held && dup && ended,
    ),
    offlineMember: both(({ toOther, onReturn, lost }) => onReturn === 0 && lost > 0 && toOther + lost === 20),
    allOffline: both({ toFirst: 0, toSecond: 0, lost: 10 }),
    receiveMaximum: on5(({ atOnce, later, lost }) => atOnce === 2 && later === 0 && lost > 0),
    window: both(unlimited),
    resends: both({ resends: true, dup: true, samePacketId: true }),
    burst: both({ qos1: all, qos2: all }),
    will: both(comesWithSessionEnd),
  },
};

/** Where the version that was recorded differs from the one that is imitated. */
export const CHANGED_SINCE: Readonly<Partial<Record<BrokerName, Expectations>>> = {
  // 2.56, and not 2.44
  artemis: {
    groups: both({ copies: 2 }),
    identifiers: on5({ present: true }),
    resubscribe: both({ redelivered: 0 }),
  },
  // Each of two deliveries, as a member and as a subscriber, comes once for each subscription.
  nanomq: { besidePlain: both({ copies: 4 }) },
};
