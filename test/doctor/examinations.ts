import type { Examination, Outcomes, VersionExamination } from '../../lib/doctor/examination.js';
import { type FindingOf, type ProbeName, PROBES } from '../../lib/doctor/probes/index.js';

export type Findings = { readonly [Name in ProbeName]?: FindingOf<Name> };

const HANDED_OVER = { held: 4, toOther: 4, toOwner: 0, notYet: 0, lost: 0, after: 3, dup: false, samePacketId: false };
const TO_OWNER = { held: 4, toOther: 0, toOwner: 4, notYet: 0, lost: 0, after: 3, dup: true, samePacketId: true };
const LOST = { held: 4, toOther: 0, toOwner: 0, notYet: 0, lost: 4 };

/** Nothing peculiar. */
const ORDINARY: Findings = {
  shared: { outcome: 'shared', counts: [10, 10] },
  distribution: { counts: [30, 30, 30], lost: 0, twice: 0 },
  grantedQoS: { granted: [1, 2] },
  takeover: { held: 4, sessionPresent: true, resent: 4, notYet: 0, dup: true, ended: true },
  allOffline: { toFirst: 10, toSecond: 0, lost: 0 },
  resubscribe: { redelivered: 0 },
  window: { limit: undefined, inBatches: false, lost: 0 },
  resends: { resends: false },
  ackOrder: { tolerated: true, again: 0 },
  presence: { allowed: true },
  burst: { sent: 300, qos1: { taken: 300, delivered: 300 }, qos2: { taken: 300, delivered: 300 } },
};

/** As measured on version 2.44. */
export const ARTEMIS: Findings = {
  ...ORDINARY,
  crashClean: HANDED_OVER,
  crashPersistent: HANDED_OVER,
  offlineMember: { toOther: 20, onReturn: 0, lost: 0 },
  unsubscribe: { held: 4, redelivered: 4, lateAcknowledgementCounts: true, queued: 0, lost: 0 },
  resubscribe: { redelivered: 4 },
  receiveMaximum: { window: 2, atOnce: 2, toOther: 18, later: 0, lost: 0 },
};

export const HIVEMQ: Findings = {
  ...ORDINARY,
  limits: { receiveMaximum: 10 },
  grantedQoS: { granted: [1, 1] },
  crashClean: HANDED_OVER,
  crashPersistent: HANDED_OVER,
  offlineMember: { toOther: 20, onReturn: 0, lost: 0 },
  unsubscribe: { held: 4, redelivered: 0, lateAcknowledgementCounts: true, queued: 0, lost: 0 },
  receiveMaximum: { window: 2, atOnce: 2, toOther: 3, later: 15, lost: 0 },
  window: { limit: 50, inBatches: true, lost: 0 },
  burst: {
    sent: 300,
    qos1: { taken: 0, delivered: 10, disconnected: 0x93 },
    qos2: { taken: 0, delivered: 10, disconnected: 0x93 },
  },
};

export const NANOMQ: Findings = {
  ...ORDINARY,
  crashClean: LOST,
  crashPersistent: { ...TO_OWNER, toOwner: 1, notYet: 3, after: 15_000 },
  offlineMember: { toOther: 10, onReturn: 0, lost: 10 },
  allOffline: { toFirst: 0, toSecond: 0, lost: 10 },
  unsubscribe: { held: 4, redelivered: 0, lateAcknowledgementCounts: true, queued: 0, lost: 0 },
  receiveMaximum: { window: 2, atOnce: 2, toOther: 8, later: 0, lost: 10 },
  resends: { resends: true, after: 10_000, dup: true, samePacketId: true },
};

export const MOSQUITTO: Findings = {
  ...ORDINARY,
  version: 'mosquitto version 2.0.11',
  limits: { receiveMaximum: 20 },
  crashClean: LOST,
  crashPersistent: TO_OWNER,
  offlineMember: { toOther: 10, onReturn: 10, lost: 0 },
  unsubscribe: { held: 4, redelivered: 0, lateAcknowledgementCounts: true, queued: 0, lost: 0 },
  receiveMaximum: { window: 2, atOnce: 2, toOther: 8, later: 10, lost: 0 },
  window: { limit: 20, inBatches: false, lost: 0 },
};

/** As if a doctor had found it out; 3.1.1 without what only 5.0 has. */
export function examinationOf(on5: Findings, on4: Findings = on5): Examination {
  return {
    address: 'mqtt://broker:1883',
    versions: [versionOf(5, on5), versionOf(4, on4)],
    leftBehind: [],
  };
}

export function versionOf(protocolVersion: 4 | 5, findings: Findings): VersionExamination {
  const outcomes = Object.entries(findings)
    .filter(
      ([name]) => (PROBES[name as ProbeName] as { versions?: number[] }).versions?.includes(protocolVersion) ?? true,
    )
    .map(([name, finding]) => [name, { kind: 'found', finding, says: '…' }]);
  return { protocolVersion, outcomes: Object.fromEntries(outcomes) as Outcomes };
}
