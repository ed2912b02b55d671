import { findingOf, type VersionExamination } from '../examination.js';
import type { Rule } from './advice.js';

function handsOver(version: VersionExamination): boolean {
  const crash = findingOf(version, 'crashPersistent');
  return crash !== undefined && crash.toOther === crash.held;
}

/** When a worker dies, is away, or comes back. */
export const DEATH_RULES: readonly Rule[] = [
  (version) => {
    const crash = findingOf(version, 'crashPersistent');
    if (crash === undefined) return undefined;
    if (crash.lost > 0) {
      return {
        level: 'problem',
        says: 'What a worker held when it died is lost, even from a persistent session. No option brings it back.',
      };
    }
    if (handsOver(version)) {
      return {
        level: 'good',
        says: 'What a dead worker held goes to another one at once. `adoption` has little to do here, and does no harm.',
      };
    }
    const late =
      (crash.after ?? 0) > 5_000
        ? ' The broker takes its time with them: they come one by one, the first after seconds.'
        : '';
    return {
      level: 'note',
      says: `Only the dead worker’s own Client Identifier gets what it held: leave \`adoption\` on (the default), so that another worker fetches it after \`adoption.after\`.${late}`,
    };
  },
  (version) => {
    const crash = findingOf(version, 'crashClean');
    if (crash === undefined || crash.lost === 0) return undefined;
    return {
      level: 'warning',
      says: 'What a dead worker of a clean session held is lost. Sessions are persistent by default; `adoption: false` without a `clientId` makes them clean.',
    };
  },
  (version) => {
    const offline = findingOf(version, 'offlineMember');
    if (offline === undefined || offline.onReturn + offline.lost === 0) return undefined;
    if (offline.lost > 0) {
      // Without the will that says so at once, adoption gives a worker 5 s to be heard of.
      const isKnownAtOnce = findingOf(version, 'will')?.afterCrash !== undefined;
      return {
        level: 'problem',
        says: 'A session whose worker is away goes on taking its share, and that is lost. End workers with `app.close()`, which ends the session; after a crash, messages are lost until `adoption` ends it, so set `adoption.after` low.',
        option: { name: 'adoption', value: isKnownAtOnce ? '{ after: 2_000 }' : '{ after: 5_000 }' },
      };
    }
    return {
      level: 'note',
      says: 'A session whose worker is away goes on taking its share, which waits there. `app.close()` ends the session; after a crash `adoption` (on by default) does.',
    };
  },
  (version) => {
    const offline = findingOf(version, 'allOffline');
    if (offline === undefined || offline.lost === 0) return undefined;
    return {
      level: 'warning',
      says: 'Messages that come while no worker is connected are lost: keep one connected while you deploy.',
    };
  },
  (version) => {
    const presence = findingOf(version, 'presence');
    if (presence === undefined || presence.allowed) return undefined;
    return {
      level: 'warning',
      says: 'Workers may not announce themselves on the presence topic, so that `adoption` cannot work. Allow `nestjs-mqtt-shared/presence/#` to them, or name a topic that is allowed.',
      option: { name: 'adoption', value: "{ topic: 'a/topic/they/may/write' }" },
    };
  },
  (version) => {
    const takeover = findingOf(version, 'takeover');
    if (takeover === undefined || (takeover.sessionPresent && takeover.resent + takeover.notYet === takeover.held))
      return undefined;
    if (handsOver(version)) return undefined;
    return {
      level: 'warning',
      says: 'A connection that takes over a session does not get all that it held: `adoption` cannot fetch everything.',
    };
  },
  (version) => {
    const will = findingOf(version, 'will');
    if (will === undefined || will.afterCrash !== undefined) return undefined;
    const says = 'The will of a persistent session does not come when its connection breaks';
    return will.ofCleanAfterCrash === undefined
      ? { level: handsOver(version) ? 'note' : 'warning', says: `${says}: \`adoption\` notices a dead worker late.` }
      : {
          level: 'note',
          says: `${says}; \`adoption\` goes by that of another connection, and waits 5 s at the least.`,
        };
  },
];
