import { type Check, limit } from './support/check.js';
import { type Contender, drainAll } from './support/drain-all.js';
import { median, ratios } from './support/statistics.js';
import { table } from './support/table.js';
import { VERSIONS } from './support/versions.js';

const MESSAGES = 10_001;

/** How much longer the good messages may take beside one that always fails: throughput stays above half. */
const MOST = 2;

/** A message that always fails, and makes its connection be renewed again and again, among 10,000 good ones. */
export async function poison(rounds: number): Promise<Check[]> {
  const rows: string[][] = [];
  const checks: Check[] = [];
  for (const { protocolVersion, mqtt } of VERSIONS) {
    const [without, beside] = [false, true].map((isThere): Contender => {
      const name = `${isThere ? 'poison' : 'good'}-${mqtt}`;
      const input = { protocolVersion, name, messages: MESSAGES, poison: isThere };
      return { module: 'poison.subject', input, results: [] };
    }) as [Contender, Contender];
    for (let round = 0; round < rounds; round++) {
      await drainAll(round % 2 === 0 ? [without, beside] : [beside, without], MESSAGES);
    }
    const [alone, disturbed] = [without, beside].map(({ results }) =>
      results.map(({ elapsed }) => (elapsed * MESSAGES) / 1e6),
    ) as [number[], number[]];
    const ratio = median(ratios(disturbed, alone));
    rows.push([mqtt, median(alone).toFixed(3), median(disturbed).toFixed(3), ratio.toFixed(2)]);
    checks.push(limit(`MQTT ${mqtt}: time of good messages beside one that always fails`, ratio, MOST));
  }
  table(['MQTT', 'without, seconds', 'beside it, seconds', 'ratio'], rows);
  return checks;
}
