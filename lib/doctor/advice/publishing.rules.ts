import { findingOf } from '../examination.js';
import type { Rule } from './advice.js';

/** What publishers meet. */
export const PUBLISHING_RULES: readonly Rule[] = [
  (version) => {
    const burst = findingOf(version, 'burst');
    if (burst === undefined) return undefined;
    const disconnects = [burst.qos1, burst.qos2].some(({ disconnected }) => disconnected !== undefined);
    if (!disconnects) return undefined;
    return {
      level: 'note',
      says: 'A publisher that has more under way than the broker takes is disconnected. `ClientMQTTShared` keeps to the limit; other publishers must as well.',
    };
  },
  (version) => {
    const burst = findingOf(version, 'burst');
    if (burst === undefined) return undefined;
    const silent = [burst.qos1, burst.qos2].filter(({ taken, delivered }) => taken > delivered);
    if (silent.length === 0) return undefined;
    const which = silent.length === 2 ? 'QoS 1 and 2' : silent[0] === burst.qos1 ? 'QoS 1' : 'QoS 2';
    return {
      level: 'warning',
      says: `Messages of ${which} that are published at once are confirmed, and some of them dropped. \`ClientMQTTShared\` sends a few at a time; other publishers must as well.`,
    };
  },
];
