import { FilterTrie } from '../lib/routing/filter-trie.js';
import { parseTopicFilter } from '../lib/topic/topic-filter.js';
import { filterOf, newTopics } from './support/patterns.js';
import { median, ratios } from './support/statistics.js';

const SIZES = [10, 100, 1_000, 10_000] as const;
const FEWEST = SIZES[0];
const ROUNDS = 301;
const WARM_UP_ROUNDS = 50;
const TOPICS_PER_ROUND = 2_000;

/**
 * `same`: all sizes route the same messages, for the patterns that all of them have: what more patterns cost a message.
 * `spread`: messages for all patterns alike, so that every size beyond the processor's caches also pays for memory, as
 * a single `Map` of that size would.
 */
const WORKLOADS = ['same', 'spread'] as const;

export interface RoutingResult {
  readonly workload: (typeof WORKLOADS)[number];
  readonly patterns: number;
  /** Median over all rounds. */
  readonly nanosecondsPerDispatch: number;
  /** Median over all rounds of the time by the time with the fewest patterns in the same round. */
  readonly ratio: number;
}

/**
 * How the cost of finding a message's handler grows with the number of patterns: exact ones, `+` and `#` in equal
 * shares. Every round dispatches as many topics for each size, in an order that rotates, so that what else the
 * machine does falls on all of them. Each topic is a new string, as it is when it comes off the wire.
 */
export function run(): RoutingResult[] {
  const subjects = WORKLOADS.flatMap((workload) =>
    SIZES.map((patterns) => ({ workload, patterns, trie: trieOf(patterns), rounds: [] as number[] })),
  );
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const first = round % subjects.length;
    for (const { workload, patterns, trie, rounds } of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      const elapsed = dispatch(trie, newTopics(TOPICS_PER_ROUND, workload === 'same' ? FEWEST : patterns));
      if (round >= WARM_UP_ROUNDS) {
        rounds.push(elapsed / TOPICS_PER_ROUND);
      }
    }
  }
  return subjects.map(({ workload, patterns, rounds }) => {
    const base = subjects.find((subject) => subject.workload === workload)?.rounds ?? [];
    return { workload, patterns, nanosecondsPerDispatch: median(rounds), ratio: median(ratios(rounds, base)) };
  });
}

function dispatch(trie: FilterTrie<object>, topics: readonly string[]): number {
  let hits = 0;
  const start = process.hrtime.bigint();
  for (const topic of topics) {
    if (trie.first(topic)) {
      hits += 1;
    }
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  if (hits !== topics.length) {
    throw new Error(`${topics.length - hits} topics found no handler; the measurement means nothing.`);
  }
  return elapsed;
}

function trieOf(patterns: number): FilterTrie<object> {
  const trie = new FilterTrie<object>();
  for (let index = 0; index < patterns; index += 1) {
    trie.add(parseTopicFilter(filterOf(index), { namedLevels: false }), { index });
  }
  return trie;
}
