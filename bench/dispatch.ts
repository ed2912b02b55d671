import type { RoutingResult } from './routing.js';
import { type Check, limit } from './support/check.js';
import { Child } from './support/child.js';
import type { DispatchInput, DispatchResult } from './support/dispatch.js';
import { median, ratios } from './support/statistics.js';
import { table } from './support/table.js';

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
export async function dispatch(messages: number, rounds: number): Promise<Check[]> {
  const contenders = SUBJECTS.map((subject) => ({ ...subject, cpu: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    const first = round % contenders.length;
    for (const { patterns, busy, cpu } of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const input: DispatchInput = { patterns, busy, messages };
      cpu.push((await Child.ask<DispatchResult>('dispatch.subject', input)).cpu);
    }
  }
  const alone = await Child.ask<RoutingResult[]>('trie.subject');

  const checks: Check[] = [];
  const rows = contenders.map(({ workload, patterns, cpu }) => {
    const base = contenders.find((contender) => contender.workload === workload)?.cpu ?? [];
    const ratio = median(ratios(cpu, base));
    if (patterns === MANY && workload === 'same') {
      checks.push(limit(`Dispatch of the same messages: CPU with ${MANY} patterns by ${FEW}`, ratio, MOST));
    }
    const trie = alone.find((result) => result.workload === workload && result.patterns === patterns);
    return [
      workload,
      String(patterns),
      median(cpu).toFixed(0),
      ratio.toFixed(2),
      trie?.nanosecondsPerDispatch.toFixed(0) ?? '',
      trie?.ratio.toFixed(2) ?? '',
    ];
  });
  table(['messages', 'patterns', 'CPU ns/message', `by ${FEW}`, 'trie alone, ns', `by ${FEW}`], rows);
  return checks;
}
