import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import type { Part } from './support/part.js';
import type { GroupsInput } from './support/scale.js';
import { median, ratios, rotated, spread } from './support/statistics.js';

const SIZES = [1, 10, 100, 1_000] as const;

/** One worker in many groups: each is a connection, and gets a copy of every message. */
export const groups: Part = {
  name: 'groups',
  title: 'Scale: 1 to 1,000 groups in one worker, each with a connection of its own',
  async measure(scale) {
    const deliveries = scale === 'quick' ? 20_000 : 100_000;
    const rounds = scale === 'quick' ? 1 : 3;
    const contenders = SIZES.map((size) => {
      const messages = deliveries / size;
      const input: Omit<GroupsInput, 'url'> = { protocolVersion: 5, name: 'worker', messages, qos: 1, groups: size };
      const results: DrainResult[] = [];
      return { size, module: 'groups.subject', input, results } satisfies Contender & { size: number };
    });
    for (let round = 0; round < rounds; round++) {
      for (const contender of rotated(contenders, round)) {
        await drainAll([contender], { messages: contender.input.messages });
      }
    }
    const base = contenders[0]?.results ?? [];
    const rows = contenders.map(({ size, results }) => [
      String(size),
      (1e6 / median(results.map(({ elapsed }) => elapsed))).toFixed(0),
      median(results.map(cpuOf)).toFixed(1),
      spread(ratios(results.map(cpuOf), base.map(cpuOf))),
    ]);
    const heads = ['groups', 'deliveries/s', 'CPU µs', 'by 1'];
    const caption = `${deliveries} deliveries of 100 bytes, QoS 1, MQTT 5.0, median of ${rounds} (least–most)`;
    return { tables: [{ caption, heads, rows }], charts: [], checks: [] };
  },
};

function cpuOf({ cpu }: DrainResult): number {
  return cpu;
}
