import { setImmediate } from 'node:timers/promises';
import type { Handler, Route } from '../../lib/delivery/handler.js';
import { Attempts } from '../../lib/failure/attempts.js';
import type { FailureEnd } from '../../lib/failure/failure-policy.js';
import { redeliver } from '../../lib/failure/redeliver.js';
import { FilterTrie } from '../../lib/routing/filter-trie.js';
import type { InboundPublish } from '../../lib/session/wire.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';

export interface RouteOptions extends Partial<Pick<Route, 'concurrency' | 'orderBy' | 'decode'>> {
  attempts?: number;
  end?: FailureEnd;
}

/** Waits 100 ms before the second attempt, 200 ms before the third. */
export const BACKOFF = { initial: 100, factor: 2, max: 1_000, jitter: 0 };

export function route(filter: string, handlers: readonly Handler[], options: RouteOptions = {}): Route {
  const { attempts = 1, end = redeliver, concurrency, orderBy, decode } = options;
  return {
    pattern: `$share/workers/${filter}`,
    group: 'workers',
    filter: parseTopicFilter(filter, { namedLevels: false }),
    handlers,
    concurrency,
    orderBy,
    failure: new Attempts(attempts, BACKOFF, end),
    decode: decode ?? ((packet) => packet.payload.toString()),
  };
}

export function trieOf(routes: readonly Route[]): FilterTrie<Route> {
  const trie = new FilterTrie<Route>();
  for (const each of routes) trie.add(each.filter, each);
  return trie;
}

export function publish(
  id: string,
  packetId: number,
  { topic = 'jobs/a', qos = 1, dup = false, retain = false, properties }: Partial<InboundPublish> = {},
): InboundPublish {
  return { topic, payload: Buffer.from(id), qos, dup, retain, packetId: qos === 0 ? 0 : packetId, properties };
}

/** Lets everything happen that waits for nothing but promises. */
export function promisesToSettle(): Promise<void> {
  return setImmediate();
}
