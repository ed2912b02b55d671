import { ackOrderProbe } from './ack-order.probe.js';
import { allOfflineProbe } from './all-offline.probe.js';
import { besidePlainProbe } from './beside-plain.probe.js';
import { burstProbe } from './burst.probe.js';
import { crashCleanProbe } from './crash-clean.probe.js';
import { crashPersistentProbe } from './crash-persistent.probe.js';
import { distributionProbe } from './distribution.probe.js';
import { emptyLevelProbe } from './empty-level.probe.js';
import { expiryProbe } from './expiry.probe.js';
import { grantedQoSProbe } from './granted-qos.probe.js';
import { groupsProbe } from './groups.probe.js';
import { identifiersProbe } from './identifiers.probe.js';
import { limitsProbe } from './limits.probe.js';
import { negativeAckProbe } from './negative-ack.probe.js';
import { offlineMemberProbe } from './offline-member.probe.js';
import { overlapProbe } from './overlap.probe.js';
import { presenceProbe } from './presence.probe.js';
import { receiveMaximumProbe } from './receive-maximum.probe.js';
import { resendsProbe } from './resends.probe.js';
import { resubscribeProbe } from './resubscribe.probe.js';
import { retainedProbe } from './retained.probe.js';
import { sharedProbe } from './shared.probe.js';
import { stuckMemberProbe } from './stuck-member.probe.js';
import { takeoverProbe } from './takeover.probe.js';
import { unsubscribeProbe } from './unsubscribe.probe.js';
import { versionProbe } from './version.probe.js';
import { willProbe } from './will.probe.js';
import { windowProbe } from './window.probe.js';

/** Every question, in the order of the report. */
export const PROBES = {
  version: versionProbe,
  limits: limitsProbe,
  shared: sharedProbe,
  distribution: distributionProbe,
  stuckMember: stuckMemberProbe,
  grantedQoS: grantedQoSProbe,
  groups: groupsProbe,
  overlap: overlapProbe,
  besidePlain: besidePlainProbe,
  identifiers: identifiersProbe,
  crashClean: crashCleanProbe,
  crashPersistent: crashPersistentProbe,
  expiry: expiryProbe,
  takeover: takeoverProbe,
  offlineMember: offlineMemberProbe,
  allOffline: allOfflineProbe,
  unsubscribe: unsubscribeProbe,
  resubscribe: resubscribeProbe,
  receiveMaximum: receiveMaximumProbe,
  window: windowProbe,
  resends: resendsProbe,
  ackOrder: ackOrderProbe,
  negativeAck: negativeAckProbe,
  retained: retainedProbe,
  emptyLevel: emptyLevelProbe,
  burst: burstProbe,
  presence: presenceProbe,
  will: willProbe,
};

export type ProbeName = keyof typeof PROBES;
export type FindingOf<N extends ProbeName> = Awaited<ReturnType<(typeof PROBES)[N]['run']>>;
