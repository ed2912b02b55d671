import type { TopicFilter } from '../topic/topic-filter.js';
import { FilterTrie } from './filter-trie.js';

export interface PlannableSubscription {
  /** The Share Name; `undefined` for a plain subscription. */
  readonly group: string | undefined;
  readonly filter: TopicFilter;
}

/** One network connection to open. `index` counts from 0 within its group, or within the plain connections. */
export type PlannedConnection<S extends PlannableSubscription> =
  | { readonly kind: 'shared'; readonly group: string; readonly index: number; readonly subscriptions: readonly S[] }
  | { readonly kind: 'plain'; readonly index: number; readonly subscriptions: readonly S[] };

/**
 * Bytes of filters on one connection. Its will tells the other workers of all of them, and is at most 65,535 bytes long
 * (section 3.1.3.3 of MQTT 5.0).
 */
const MOST_BYTES = 60_000;

export interface ConnectionPlanOptions {
  /**
   * How many times each connection of a group is opened: a whole number of at least 1 for every group, or by group,
   * with 1 for those that are not named. Plain connections are opened once, because each more would bring a copy.
   */
  readonly connections: number | Readonly<Record<string, number>>;
}

/**
 * Distributes subscriptions over connections so that a delivery belongs to exactly one of them on every broker: a
 * connection never carries two groups, shared and plain together, two overlapping filters, or more than its will can
 * tell of.
 *
 * A subscription's place depends only on those before it, so one that is added at the end moves none.
 * The caller has merged subscriptions of one group to one filter; two of them are an error.
 */
export function planConnections<S extends PlannableSubscription>(
  subscriptions: readonly S[],
  { connections }: ConnectionPlanOptions,
): PlannedConnection<S>[] {
  const partitions = new Map<string | undefined, Partition<S>>();
  for (const subscription of subscriptions) {
    let partition = partitions.get(subscription.group);
    if (!partition) {
      partition = new Partition();
      partitions.set(subscription.group, partition);
    }
    partition.place(subscription);
  }
  return [...partitions].flatMap(([group, { parts }]) =>
    group === undefined ? plainConnections(parts) : sharedConnections(group, parts, copiesOf(group, connections)),
  );
}

function plainConnections<S extends PlannableSubscription>(parts: readonly Part<S>[]): PlannedConnection<S>[] {
  return parts.map(({ subscriptions }, index) => ({ kind: 'plain', index, subscriptions }));
}

/** Numbered part by part, so that a new part takes new numbers only. */
function sharedConnections<S extends PlannableSubscription>(
  group: string,
  parts: readonly Part<S>[],
  copies: number,
): PlannedConnection<S>[] {
  return parts
    .flatMap((part) => Array.from({ length: copies }, () => part))
    .map(({ subscriptions }, index) => ({ kind: 'shared', group, index, subscriptions }));
}

function copiesOf(group: string, connections: ConnectionPlanOptions['connections']): number {
  if (typeof connections === 'number') {
    return connections;
  }
  return Object.hasOwn(connections, group) ? (connections[group] ?? 1) : 1;
}

interface Part<S> {
  readonly filters: FilterTrie<true>;
  readonly subscriptions: S[];
  bytes: number;
}

/** The subscriptions of one group, in parts without overlap. */
class Partition<S extends PlannableSubscription> {
  readonly parts: Part<S>[] = [];

  place(subscription: S): void {
    const { group, filter } = subscription;
    if (this.parts.some(({ filters }) => filters.get(filter.text))) {
      // On two connections of a group each message would reach only one of the two.
      throw new Error(`"${filter.text}" appears twice ${group === undefined ? 'unshared' : `in group "${group}"`}.`);
    }
    const bytes = group === undefined ? 0 : Buffer.byteLength(JSON.stringify(`$share/${group}/${filter.text},`));
    let part = this.parts.find(
      (candidate) => candidate.bytes + bytes <= MOST_BYTES && !candidate.filters.overlaps(filter),
    );
    if (!part) {
      part = { filters: new FilterTrie(), subscriptions: [], bytes: 0 };
      this.parts.push(part);
    }
    part.bytes += bytes;
    part.filters.add(filter, true);
    part.subscriptions.push(subscription);
  }
}
