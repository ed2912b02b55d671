import type { BrokerProfile } from '../broker/profile.js';
import type { QoS } from '../session/wire.js';
import { type Examination, findingOf, sharesIn, type VersionExamination } from './examination.js';

const NO_PUBLISH_LIMIT = 65_535;
/** Of what no broker known refuses. */
const UNTRIED_PUBLISH_LIMIT = 10;

/**
 * What the library has to know of the broker. What could not be found out is taken to be as bad as it can be, and of two
 * versions that differ the worse one counts.
 */
export function profileOf(examination: Examination): BrokerProfile {
  const versions = examination.versions.filter((version) => sharesIn(version));
  const all = (holds: (version: VersionExamination) => boolean | undefined): boolean =>
    versions.every((version) => holds(version) ?? false);
  const any = (holds: (version: VersionExamination) => boolean | undefined): boolean =>
    versions.some((version) => holds(version) ?? true);
  return {
    name: nameOf(examination),
    handsOver: {
      clean: all((version) => handsOver(version, 'crashClean')),
      persistent: all((version) => handsOver(version, 'crashPersistent')),
    },
    offlineMembersTakeShare: any((version) => {
      const finding = findingOf(version, 'offlineMember');
      return finding && finding.onReturn + finding.lost > 0;
    }),
    unsubscribeRedelivers: any((version) => {
      const finding = findingOf(version, 'unsubscribe');
      return finding && finding.redelivered > 0;
    }),
    resubscribeRedelivers: any((version) => {
      const finding = findingOf(version, 'resubscribe');
      return finding && finding.redelivered > 0;
    }),
    receiveMaximum: receiveMaximumOf(versions),
    deliversInBatches: versions.some((version) => findingOf(version, 'window')?.inBatches),
    resendsOnLiveConnection: any((version) => findingOf(version, 'resends')?.resends),
    resumptionPause: Math.max(0, ...versions.map(resumptionPauseOf)),
    willsOfSessions: all((version) => {
      const finding = findingOf(version, 'will');
      return finding && finding.afterCrash !== undefined;
    }),
    retainedReachesWildcards: retainedReachesWildcards(versions),
    marksRedelivery: all(marksRedelivery),
    acknowledgeInAnyOrder: all((version) => findingOf(version, 'ackOrder')?.tolerated),
    maximumQoS: Math.min(...versions.map((version) => findingOf(version, 'grantedQoS')?.granted[1] ?? 1)) as QoS,
    publishWindow: Math.min(...versions.map(publishWindowOf)),
  };
}

/** What it calls itself, else its address. */
function nameOf({ versions, address }: Examination): string {
  for (const version of versions) {
    const name = findingOf(version, 'version');
    if (name !== undefined) return name;
  }
  return address;
}

function handsOver(version: VersionExamination, name: 'crashClean' | 'crashPersistent'): boolean | undefined {
  const finding = findingOf(version, name);
  return finding && finding.toOther === finding.held;
}

function receiveMaximumOf(versions: readonly VersionExamination[]): BrokerProfile['receiveMaximum'] {
  const version = versions.find(({ protocolVersion }) => protocolVersion === 5);
  if (version === undefined) return 'ignored';
  const finding = findingOf(version, 'receiveMaximum');
  if (finding === undefined || finding.lost > 0) return 'drops';
  return finding.atOnce > finding.window ? 'ignored' : 'kept';
}

/** Twice what was seen, because it was seen once; what takes less than a second comes at once. */
function resumptionPauseOf(version: VersionExamination): number {
  const finding = findingOf(version, 'crashPersistent');
  const waited = finding?.toOwner ? (finding.after ?? 0) : 0;
  return waited < 1_000 ? 0 : 2 * waited;
}

/** Where 3.1.1 does no better, or was not asked, that is no way out. */
function retainedReachesWildcards(versions: readonly VersionExamination[]): boolean {
  const heard = new Map(versions.map((version) => [version.protocolVersion, findingOf(version, 'presence')?.heard]));
  return heard.get(5) !== false || heard.get(4) !== true;
}

function marksRedelivery(version: VersionExamination): boolean | undefined {
  const crashes = (['crashClean', 'crashPersistent'] as const).map((name) => findingOf(version, name)?.dup);
  const marks = [...crashes, findingOf(version, 'takeover')?.dup].filter((dup) => dup !== undefined);
  return marks.length > 0 && marks.every(Boolean);
}

/** What is announced, and less where a burst shows that less is taken. */
function publishWindowOf(version: VersionExamination): number {
  const announced = findingOf(version, 'limits')?.['receiveMaximum'];
  const limit = typeof announced === 'number' ? announced : NO_PUBLISH_LIMIT;
  const burst = findingOf(version, 'burst');
  if (burst === undefined) return Math.min(limit, UNTRIED_PUBLISH_LIMIT);
  const short = [burst.qos1, burst.qos2]
    .map(({ delivered }) => delivered)
    .filter((delivered) => delivered < burst.sent);
  return Math.max(1, Math.min(limit, ...short));
}
