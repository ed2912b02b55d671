import { parseTopicFilter } from '../topic/topic-filter.js';
import type { ShareFault } from './behaviour.js';

export interface RequestedFilter {
  /** `undefined` for an ordinary subscription. */
  readonly shareName: string | undefined;
  readonly topicFilter: string;
}

const SHARED = /^\$share\/(?<shareName>[^/]*)(?:\/(?<topicFilter>.*))?$/s;

/**
 * A filter of SUBSCRIBE in its parts; `$share/g//t` has the Topic Filter `/t`.
 *
 * @throws when it is malformed, by the rules of sections 4.7 and 4.8.2 less the faults that are accepted
 */
export function parseRequestedFilter(filter: string, accepted: readonly ShareFault[]): RequestedFilter {
  const requested = partsOf(filter, accepted);
  parseTopicFilter(requested.topicFilter, { namedLevels: false });
  return requested;
}

function partsOf(filter: string, accepted: readonly ShareFault[]): RequestedFilter {
  const { shareName, topicFilter = '' } = SHARED.exec(filter)?.groups ?? {};
  if (shareName === undefined) return { shareName, topicFilter: filter };
  const fault = faultOf(shareName, topicFilter);
  if (fault !== undefined && !accepted.includes(fault)) throw new Error(`${filter}: ${fault}`);
  return fault === 'no Topic Filter' ? { shareName: undefined, topicFilter: filter } : { shareName, topicFilter };
}

function faultOf(shareName: string, topicFilter: string): ShareFault | undefined {
  if (topicFilter === '') return 'no Topic Filter';
  if (shareName === '') return 'empty Share Name';
  if (shareName === '+' || shareName === '#') return 'wildcard as Share Name';
  return /[+#]/.test(shareName) ? 'wildcard in Share Name' : undefined;
}
