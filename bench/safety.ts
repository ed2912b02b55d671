import { bars } from './report/chart.js';
import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import type { Part } from './support/part.js';
import { SAFETIES, type Safety, type SafetyInput } from './support/safety.js';
import { median, ratios, rotated, spread } from './support/statistics.js';

const NAMES: Readonly<Record<Safety, string>> = {
  none: 'without',
  order: 'orderBy, 1,000 keys',
  idempotency: 'IdempotencyInterceptor, Keyv in memory',
  observers: 'listeners to every event',
  all: 'all three',
};

/** What one pays for more than acknowledgement after the handler. */
export const safety: Part = {
  name: 'safety',
  title: 'The price of order by key, of idempotency, and of listeners',
  async measure(scale) {
    const messages = scale === 'quick' ? 20_000 : 100_000;
    const rounds = scale === 'quick' ? 1 : 5;
    const contenders = SAFETIES.map((what) => {
      const input: Omit<SafetyInput, 'url'> = { protocolVersion: 5, name: what, qos: 1, messages, safety: what };
      return { what, module: 'safety.subject', input, results: [] } satisfies Contender & { what: Safety };
    });
    for (let round = 0; round < rounds; round++) await drainAll(rotated(contenders, round), { messages });
    const cpuOf = (results: readonly DrainResult[]): number[] => results.map(({ cpu }) => cpu);
    const base = cpuOf(contenders[0]?.results ?? []);
    const rows = contenders.map(({ what, results }) => [
      NAMES[what],
      median(cpuOf(results)).toFixed(1),
      spread(ratios(cpuOf(results), base)),
      (1e6 / median(results.map(({ elapsed }: DrainResult) => elapsed))).toFixed(0),
    ]);
    const caption = `${messages} messages of 100 bytes, QoS 1, MQTT 5.0, median of ${rounds} (least–most)`;
    const groups = [{ label: '', values: contenders.map(({ results }) => median(cpuOf(results))) }];
    const series = SAFETIES.map((what) => NAMES[what]);
    return {
      tables: [{ caption, heads: ['with', 'CPU µs', 'by without', 'messages/s'], rows }],
      charts: [bars({ name: 'safety', title: 'CPU time per message', unit: 'µs', series, groups })],
      checks: [],
    };
  },
};
