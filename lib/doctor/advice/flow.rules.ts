import { findingOf, type VersionExamination } from '../examination.js';
import type { Rule } from './advice.js';

const DEFAULT_CONCURRENCY = 16;

function keepsReceiveMaximum(version: VersionExamination): boolean {
  const finding = findingOf(version, 'receiveMaximum');
  return finding !== undefined && finding.lost === 0 && finding.atOnce <= finding.window;
}

/** What a living worker gets, and how much of it at once. */
export const FLOW_RULES: readonly Rule[] = [
  (version) => {
    const distribution = findingOf(version, 'distribution');
    if (distribution === undefined || distribution.lost === 0) return undefined;
    return { level: 'problem', says: 'Messages are lost although every member acknowledges at once.' };
  },
  (version) => {
    const distribution = findingOf(version, 'distribution');
    if (distribution === undefined || distribution.twice === 0) return undefined;
    return { level: 'warning', says: 'Some messages go to more than one member of a group.' };
  },
  (version) => {
    const finding = findingOf(version, 'receiveMaximum');
    if (finding === undefined) return undefined;
    if (finding.lost > 0) {
      return {
        level: 'warning',
        says: 'Messages beyond a Receive Maximum are dropped for good; workers announce none where `broker` says so.',
      };
    }
    if (finding.atOnce > finding.window) {
      return {
        level: 'note',
        says: 'The broker does not keep to a Receive Maximum; workers stop reading at the same bound.',
      };
    }
    return { level: 'good', says: 'The broker keeps to a Receive Maximum.' };
  },
  (version) => {
    if (!findingOf(version, 'window')?.inBatches) return undefined;
    return {
      level: 'warning',
      says: 'One slow message holds back everything behind it on its connection: bound handlers with `timeout`, and give a group more connections.',
      option: { name: 'connections', value: '4' },
    };
  },
  (version) => {
    const stuck = findingOf(version, 'stuckMember');
    if (stuck === undefined || stuck.later === 0 || findingOf(version, 'window')?.inBatches) return undefined;
    return {
      level: 'note',
      says: 'The share of a slow worker waits behind what it holds; it does not move on to a fast one. Bound handlers with `timeout`.',
    };
  },
  (version) => {
    const window = findingOf(version, 'window');
    if (window?.limit === undefined || window.limit < DEFAULT_CONCURRENCY || window.inBatches) return undefined;
    // It was measured without a Receive Maximum; where that is kept, the one that workers announce bounds them.
    if (keepsReceiveMaximum(version)) return undefined;
    return {
      level: 'note',
      says: `No more than ${window.limit} messages are unacknowledged on one connection at once: \`concurrency\` beyond that needs more \`connections\`.`,
    };
  },
  (version) => {
    const window = findingOf(version, 'window');
    if (window === undefined || window.lost === 0) return undefined;
    return {
      level: 'problem',
      says: 'Messages that wait behind unacknowledged ones are lost. Look for a queue limit in the broker’s configuration.',
    };
  },
  (version) => {
    const granted = findingOf(version, 'grantedQoS')?.granted;
    if (granted === undefined || granted[1] === 2) return undefined;
    if (granted[0] === 0) return { level: 'problem', says: 'Only QoS 0 is granted: what a dead worker held is lost.' };
    return {
      level: 'note',
      says: 'A shared subscription that asks for QoS 2 is granted 1: where a pattern asks for 2, `listen()` fails without this option.',
      option: { name: 'allowDowngrade', value: 'true' },
    };
  },
  (version) => {
    if (!findingOf(version, 'retained')?.delivered) return undefined;
    return {
      level: 'note',
      says: 'A new member gets the retained message, which MQTT forbids (section 4.8.2). On 5.0 workers ask for none; on 3.1.1 they cannot.',
    };
  },
  (version) => {
    const finding = findingOf(version, 'emptyLevel');
    if (finding === undefined || (finding.leadingSlash && !finding.without)) return undefined;
    return {
      level: 'warning',
      says: '`$share/g//t` does not mean `/t`: publishers and workers must agree on topics without a leading slash (the default).',
    };
  },
];
