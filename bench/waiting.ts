import { type Check, limit } from './support/check.js';
import { drainAll } from './support/drain-all.js';
import { CONCURRENCY, WAIT } from './support/settings.js';
import { median } from './support/statistics.js';
import { table } from './support/table.js';
import { VERSIONS } from './support/versions.js';

/** A process that has just started handles the first thousand messages with code that is not yet optimised. */
const MESSAGES = [1_000, 10_000] as const;

/** Seconds that the first thousand may take. */
const MOST = 1;

/** Handlers that wait: how near the server comes to what its concurrency allows. */
export async function waiting(rounds: number): Promise<Check[]> {
  const rows: string[][] = [];
  const checks: Check[] = [];
  for (const messages of MESSAGES) {
    const contenders = VERSIONS.map(({ protocolVersion, mqtt }) => {
      const input = { protocolVersion, name: `waiting-${mqtt}`, messages };
      return { mqtt, module: 'waiting.subject', input, results: [] };
    });
    for (let round = 0; round < rounds; round++) await drainAll(contenders, messages);
    for (const { mqtt, results } of contenders) report(mqtt, messages, results);
  }
  table(['MQTT', 'messages', 'seconds', 'ideal', 'of ideal throughput'], rows);
  return checks;

  function report(mqtt: string, messages: number, results: readonly { elapsed: number }[]): void {
    const seconds = (median(results.map(({ elapsed }) => elapsed)) * messages) / 1e6;
    const ideal = (messages / CONCURRENCY) * (WAIT / 1e3);
    const share = `${((ideal / seconds) * 100).toFixed(0)} %`;
    rows.push([mqtt, String(messages), seconds.toFixed(3), ideal.toFixed(3), share]);
    if (messages === MESSAGES[0]) checks.push(limit(`MQTT ${mqtt}: seconds for ${messages} waits`, seconds, MOST));
  }
}
