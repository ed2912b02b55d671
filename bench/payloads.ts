import { bars } from './report/chart.js';
import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import type { Part } from './support/part.js';
import { median, ratios, rotated, spread } from './support/statistics.js';

const SIZES = [100, 1_024, 10 * 1_024, 100 * 1_024, 1_024 * 1_024] as const;
const MEBIBYTE = 2 ** 20;
const SUBJECTS = ['shared', 'bare'] as const;
const NAMES = { shared: 'ServerMQTTShared', bare: 'mqtt.js' };

/** What a larger payload costs, beside mqtt.js, which copies and parses it too. */
export const payloads: Part = {
  name: 'payloads',
  title: 'Scale: payloads of 100 B to 1 MiB of JSON',
  async measure(scale) {
    const bytesInAll = (scale === 'quick' ? 64 : 400) * MEBIBYTE;
    const most = scale === 'quick' ? 10_000 : 50_000;
    const rounds = scale === 'quick' ? 1 : 3;
    const rows: string[][] = [];
    const groups: { label: string; values: number[] }[] = [];
    for (const bytes of SIZES) {
      const messages = Math.min(most, Math.floor(bytesInAll / bytes));
      const contenders = SUBJECTS.map((subject): Contender => {
        const input = { protocolVersion: 5 as const, name: subject, messages, qos: 1 as const };
        return { module: `${subject}.subject`, input, results: [] };
      });
      for (let round = 0; round < rounds; round++) await drainAll(rotated(contenders, round), { messages, bytes });
      const [shared = [], bare = []] = contenders.map(({ results }) => results);
      const rate = 1e6 / median(shared.map(({ elapsed }) => elapsed));
      rows.push([
        sizeOf(bytes),
        rate.toFixed(0),
        ((rate * bytes) / MEBIBYTE).toFixed(0),
        median(shared.map(cpuOf)).toFixed(0),
        median(bare.map(cpuOf)).toFixed(0),
        spread(ratios(shared.map(cpuOf), bare.map(cpuOf))),
        `${rounds} × ${messages}`,
      ]);
      const values = [shared, bare].map((results) => bytes / median(results.map(cpuOf)));
      groups.push({ label: sizeOf(bytes), values });
    }
    const heads = ['payload', 'messages/s', 'MiB/s', 'CPU µs', 'of mqtt.js', 'ratio', 'measured'];
    const caption = 'QoS 1, MQTT 5.0, median of the rounds (least–most)';
    const series = SUBJECTS.map((subject) => NAMES[subject]);
    const title = 'Payload handled for each second of CPU time';
    return {
      tables: [{ caption, heads, rows }],
      charts: [bars({ name: 'payloads', title, unit: 'MB/s', series, groups })],
      checks: [],
    };
  },
};

function sizeOf(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  return bytes < MEBIBYTE ? `${bytes / 1_024} KiB` : `${bytes / MEBIBYTE} MiB`;
}

function cpuOf({ cpu }: DrainResult): number {
  return cpu;
}
