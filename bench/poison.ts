import { atMost, type Check } from './support/check.js';
import { type Contender, drainAll } from './support/drain-all.js';
import type { Part } from './support/part.js';
import { type PoisonInput, REDELIVER_AFTER } from './support/poison.js';
import { median, ratios, rotated, spread } from './support/statistics.js';
import { VERSIONS } from './support/versions.js';

const MESSAGES = 10_001;

/** How much longer the good messages may take beside one that always fails: throughput stays above half. */
const MOST = 2;

/** A message that always fails, and makes its connection be renewed again and again, among 10,000 good ones. */
export const poison: Part = {
  name: 'poison',
  title: 'A message that always fails, beside 10,000 that wait 10 ms and succeed',
  async measure(scale) {
    const rounds = scale === 'quick' ? 1 : 5;
    const rows: string[][] = [];
    const checks: Check[] = [];
    for (const { protocolVersion, mqtt } of VERSIONS) {
      const [without, beside] = [false, true].map((isThere): Contender => {
        const name = `${isThere ? 'poison' : 'good'}-${mqtt}`;
        const input = { protocolVersion, name, messages: MESSAGES, qos: 1, poison: isThere } as const;
        return { module: 'poison.subject', input: input satisfies Omit<PoisonInput, 'url'>, results: [] };
      }) as [Contender, Contender];
      for (let round = 0; round < rounds; round++) {
        await drainAll(rotated([without, beside], round), { messages: MESSAGES });
      }
      const [alone, disturbed] = [without, beside].map(({ results }) =>
        results.map(({ elapsed }) => (elapsed * MESSAGES) / 1e6),
      ) as [number[], number[]];
      const ratio = ratios(disturbed, alone);
      rows.push([mqtt, median(alone).toFixed(3), median(disturbed).toFixed(3), spread(ratio)]);
      checks.push(atMost(MOST, `MQTT ${mqtt}: time of good messages beside one that always fails`, median(ratio)));
    }
    const caption = `The connection is renewed each ${REDELIVER_AFTER} ms; median of ${rounds} (least–most)`;
    const heads = ['MQTT', 'without, seconds', 'beside it, seconds', 'ratio'];
    return { tables: [{ caption, heads, rows }], charts: [], checks };
  },
};
