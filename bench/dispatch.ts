import type { RoutingResult } from './routing.js';
import { atMost, type Check } from './support/check.js';
import { Child } from './support/child.js';
import type { DispatchInput, DispatchResult } from './support/dispatch.js';
import type { Part } from './support/part.js';
import { median, ratios, rotated, spread } from './support/statistics.js';

const FEW = 10;
const MANY = 10_000;

/** What 10,000 patterns may cost, by 10, for the same messages. What `spread` costs is memory, shown and not promised. */
const MOST = 1.5;

/** `same` and `spread` as in the measurement of the trie alone. */
const SUBJECTS = [
  { workload: 'same', patterns: FEW, busy: FEW },
  { workload: 'same', patterns: MANY, busy: FEW },
  { workload: 'spread', patterns: FEW, busy: FEW },
  { workload: 'spread', patterns: MANY, busy: MANY },
] as const;

/** CPU time of a message from its arrival in the consumer through its handler to its acknowledgement, without network. */
export const routing: Part = {
  name: 'routing',
  title: 'Routing: from arrival through handler to acknowledgement, without network and without Nest',
  async measure(scale) {
    const messages = scale === 'quick' ? 100_000 : 200_000;
    const rounds = scale === 'quick' ? 1 : 5;
    const contenders = SUBJECTS.map((subject) => ({ ...subject, cpu: [] as number[] }));
    for (let round = 0; round < rounds; round++) {
      for (const { patterns, busy, cpu } of rotated(contenders, round)) {
        const input: DispatchInput = { patterns, busy, messages };
        cpu.push((await Child.ask<DispatchResult>('dispatch.subject', input)).cpu);
      }
    }
    const alone = await Child.ask<RoutingResult[]>('trie.subject');

    const checks: Check[] = [];
    const rows = contenders.map(({ workload, patterns, cpu }) => {
      const base = contenders.find((contender) => contender.workload === workload)?.cpu ?? [];
      const ratio = ratios(cpu, base);
      if (patterns === MANY && workload === 'same') {
        checks.push(atMost(MOST, `Dispatch of the same messages: CPU with ${MANY} patterns by ${FEW}`, median(ratio)));
      }
      const trie = alone.find((result) => result.workload === workload && result.patterns === patterns);
      return [
        workload,
        String(patterns),
        median(cpu).toFixed(0),
        spread(ratio),
        trie?.nanosecondsPerDispatch.toFixed(0) ?? '',
        trie?.ratio.toFixed(2) ?? '',
      ];
    });
    const heads = ['messages', 'patterns', 'CPU ns', `by ${FEW}`, 'trie alone, ns', `by ${FEW}`];
    const caption = `${messages} messages, median of ${rounds} (least–most)`;
    return { tables: [{ caption, heads, rows }], charts: [], checks };
  },
};
