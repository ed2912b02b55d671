import { lines } from './report/chart.js';
import { atLeast } from './support/check.js';
import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import type { Part } from './support/part.js';
import { topicOf } from './support/patterns.js';
import type { PatternsInput } from './support/scale.js';
import { median, ratios, rotated, spread } from './support/statistics.js';

const SIZES = [10, 100, 1_000, 10_000] as const;
const FEWEST = SIZES[0];

/** Throughput with the most patterns, by that with the fewest. */
const LEAST = 0.95;

/** By what is measured, and before it: the more methods there are, the longer the code stays not optimised. */
const WARM_UP = 0.2;

/** Throughput end to end with few and many patterns, for messages of the ten that all of them have. */
export const patterns: Part = {
  name: 'patterns',
  title: 'Scale: 10 to 10,000 patterns, each a method of its own, messages for the same ten of them',
  async measure(scale) {
    const measured = scale === 'quick' ? 20_000 : 300_000;
    const warmUp = measured * WARM_UP;
    const messages = measured + warmUp;
    const rounds = scale === 'quick' ? 1 : 5;
    const contenders = SIZES.map((size) => {
      const name = `patterns-${size}`;
      const input: Omit<PatternsInput, 'url'> = { protocolVersion: 5, name, messages, warmUp, qos: 1, patterns: size };
      const results: DrainResult[] = [];
      return { size, module: 'patterns.subject', input, results } satisfies Contender & { size: number };
    });
    for (let round = 0; round < rounds; round++) {
      await drainAll(rotated(contenders, round), { messages, topicOf: (id) => topicOf(id % FEWEST) });
    }
    const base = contenders[0]?.results ?? [];
    const throughput = contenders.map(({ results }) => ratios(base.map(elapsedOf), results.map(elapsedOf)));
    const rows = contenders.map(({ size, results }, index) => [
      String(size),
      (1e6 / median(results.map(elapsedOf))).toFixed(0),
      spread(throughput[index] ?? []),
      median(results.map(cpuOf)).toFixed(1),
      spread(ratios(results.map(cpuOf), base.map(cpuOf))),
    ]);
    const heads = ['patterns', 'messages/s', `by ${FEWEST}`, 'CPU µs', `by ${FEWEST}`];
    const caption = `${measured} messages of 100 bytes, QoS 1, MQTT 5.0, median of ${rounds} (least–most)`;
    const points = contenders.map(({ size }, index) => [size, 100 * median(throughput[index] ?? [])] as const);
    const axes = { x: 'patterns', y: `% of the throughput with ${FEWEST}` };
    const series = [{ label: 'ServerMQTTShared', points }];
    return {
      tables: [{ caption, heads, rows }],
      charts: [lines({ name: 'patterns', title: 'Throughput by number of patterns', axes, from: 0, series })],
      checks: [
        atLeast(LEAST, `Throughput with 10,000 patterns by that with ${FEWEST}`, median(throughput.at(-1) ?? [])),
      ],
    };
  },
};

function elapsedOf({ elapsed }: DrainResult): number {
  return elapsed;
}

function cpuOf({ cpu }: DrainResult): number {
  return cpu;
}
