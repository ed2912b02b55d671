import { lines } from './report/chart.js';
import { queue } from './support/backlog.js';
import { startBroker } from './support/broker.js';
import { atMost } from './support/check.js';
import { Child } from './support/child.js';
import type { Part } from './support/part.js';
import type { MemoryReport } from './support/scale.js';
import { median } from './support/statistics.js';

const TENTHS = 10;
const MEBIBYTE = 2 ** 20;

/** The last tenth by the second; in the first, code is still being optimised and pools are filled. */
const MOST = 1.05;

/** What stays in memory, after a collection, while messages come and go: a leak would show. */
export const memory: Part = {
  name: 'memory',
  title: 'Scale: memory and garbage collection over a million messages',
  async measure(scale) {
    const messages = scale === 'quick' ? 100_000 : 1_000_000;
    const { samples, collections, elapsed } = await handle(messages);
    const each = samples.length / TENTHS;
    const tenths = Array.from({ length: TENTHS }, (_, index) => {
      const own = samples.slice(index * each, (index + 1) * each);
      return { heap: median(own.map(({ heap }) => heap)), rss: median(own.map(({ rss }) => rss)) };
    });
    const heaps = tenths.map(({ heap }) => heap);
    const second = heaps[1] ?? NaN;
    const rows = tenths.map(({ heap, rss }, index) => [
      String(index + 1),
      (heap / MEBIBYTE).toFixed(2),
      (heap / second).toFixed(3),
      (rss / MEBIBYTE).toFixed(0),
    ]);
    const gc = [
      String(collections.count),
      collections.total.toFixed(0),
      `${((100 * collections.total) / elapsed).toFixed(1)} %`,
      collections.longest.toFixed(1),
    ];
    const points = tenths.map(({ heap }, index) => [index + 1, heap / MEBIBYTE] as const);
    const axes = { x: 'tenth of the messages', y: 'MiB' };
    const series = [{ label: 'heap and external memory after a collection', points }];
    return {
      tables: [
        {
          caption: `${messages} messages; heap and external memory after a collection, median of ${each} for each tenth`,
          heads: ['tenth', 'MiB', 'by the second', 'resident MiB'],
          rows,
        },
        {
          caption: 'Garbage collections that came by themselves meanwhile',
          heads: ['collections', 'ms in all', 'of the time', 'longest, ms'],
          rows: [gc],
        },
      ],
      charts: [lines({ name: 'memory', title: `Memory over ${messages} messages`, axes, from: 0, series })],
      checks: [
        atMost(MOST, `Memory in the last tenth of ${messages} messages by the second`, (heaps.at(-1) ?? NaN) / second),
      ],
    };
  },
};

async function handle(messages: number): Promise<MemoryReport> {
  const broker = await startBroker();
  try {
    const child = Child.start('memory.subject', {
      url: broker.url,
      protocolVersion: 5,
      name: 'memory',
      qos: 1,
      messages,
    });
    await child.next();
    await queue(broker.url, { messages });
    const report = await child.next<MemoryReport>();
    await child.end();
    return report;
  } finally {
    await broker.stop();
  }
}
