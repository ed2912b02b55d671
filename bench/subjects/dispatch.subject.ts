import { Consumer } from '../../lib/delivery/consumer.js';
import type { Handler, Route } from '../../lib/delivery/handler.js';
import { KeyLanes } from '../../lib/delivery/key-lanes.js';
import { HOLD } from '../../lib/failure/failure-policy.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import { FilterTrie } from '../../lib/routing/filter-trie.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';
import { childInput, tellParent } from '../support/child.js';
import type { DispatchInput, DispatchResult } from '../support/dispatch.js';
import { filterOf, newTopics } from '../support/patterns.js';
import { CONCURRENCY, IN_FLIGHT } from '../support/settings.js';

const { patterns, busy, messages } = childInput<DispatchInput>();
const payload = Buffer.from('{}');
let handled = 0;
let unacknowledged = 0;
let batchDone: () => void = () => {};

const handler: Handler = {
  name: 'empty',
  ack: 'auto',
  timeout: undefined,
  handle: () => {
    handled++;
    return Promise.resolve();
  },
};

function routeOf(filter: string, handlers: readonly Handler[]): Route {
  return {
    pattern: `$share/workers/${filter}`,
    group: 'workers',
    filter: parseTopicFilter(filter, { namedLevels: false }),
    handlers,
    concurrency: undefined,
    orderBy: undefined,
    failure: { retryAfter: () => undefined, end: { settle: () => HOLD } },
    decode: () => ({ data: {} }),
  };
}

const routes = new FilterTrie<Route>();
for (let index = 0; index < patterns; index++) {
  const route = routeOf(filterOf(index), [handler]);
  routes.add(route.filter, route);
}
const consumer = new Consumer(
  {
    connection: 'bench',
    routes,
    unmatched: routeOf('unmatched', []),
    lanes: new KeyLanes(),
    concurrency: CONCURRENCY,
    receiveMaximum: IN_FLIGHT,
    ackOrder: 'arrival',
    maxPayload: 1_000,
    reasonCodes: true,
    isReply: () => false,
    events: new EventBus(() => {}),
  },
  {
    acknowledge: () => {
      unacknowledged--;
      if (unacknowledged === 0) batchDone();
    },
    resume: () => {},
    held: () => {
      throw new Error('A message has found no handler; the measurement means nothing.');
    },
  },
);
consumer.attach(false);

/** As many at once as a read from the network brings, then their handlers and acknowledgements. */
async function dispatch(topics: readonly string[]): Promise<void> {
  for (let start = 0; start < topics.length; start += CONCURRENCY) {
    const batch = topics.slice(start, start + CONCURRENCY);
    unacknowledged = batch.length;
    const done = new Promise<void>((resolve) => (batchDone = resolve));
    batch.forEach((topic, index) => {
      const packetId = index + 1;
      consumer.receive({ topic, payload, qos: 1, dup: false, retain: false, packetId, properties: undefined });
    });
    await done;
  }
}

await dispatch(newTopics(messages, busy));
const topics = newTopics(messages, busy);
handled = 0;
const before = process.cpuUsage();
await dispatch(topics);
const { user, system } = process.cpuUsage(before);
if (handled !== messages) throw new Error(`${handled} of ${messages} messages were handled.`);
tellParent({ cpu: ((user + system) * 1_000) / messages } satisfies DispatchResult);
