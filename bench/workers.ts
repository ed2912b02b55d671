import { lines } from './report/chart.js';
import { queue } from './support/backlog.js';
import { startBroker } from './support/broker.js';
import { Child } from './support/child.js';
import type { Part } from './support/part.js';
import type { WorkerInput, WorkerProgress, WorkerReport } from './support/scale.js';
import { median, ratios, spread } from './support/statistics.js';

const WORKERS = [1, 2, 4, 8] as const;

const LOADS = [
  { what: 'empty handler', wait: 0, concurrency: 100, perWorker: 0 },
  { what: 'handler of 10 ms, concurrency 16', wait: 10, concurrency: 16, perWorker: 1_600 },
] as const;

/** Several processes in one group share a backlog. */
export const workers: Part = {
  name: 'workers',
  title: 'Scale: 1 to 8 worker processes of one group',
  async measure(scale) {
    const rounds = scale === 'quick' ? 1 : 3;
    const seconds = scale === 'quick' ? 2 : 10;
    const rows: string[][] = [];
    const series: { label: string; points: (readonly [number, number])[] }[] = [];
    for (const { what, wait, concurrency, perWorker } of LOADS) {
      const rates: number[][] = WORKERS.map(() => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, count] of WORKERS.entries()) {
          const messages = perWorker > 0 ? perWorker * count * seconds : 20_000 * seconds;
          rates[index]?.push(
            await share(count, { protocolVersion: 5, name: 'workers', qos: 1, wait, concurrency, messages }),
          );
        }
      }
      const byOne = rates.map((rate) => ratios(rate, rates[0] ?? []));
      WORKERS.forEach((count, index) => {
        rows.push([what, String(count), median(rates[index] ?? []).toFixed(0), spread(byOne[index] ?? [])]);
      });
      series.push({ label: what, points: WORKERS.map((count, index) => [count, median(byOne[index] ?? [])] as const) });
    }
    const heads = ['load', 'workers', 'messages/s', 'by one worker'];
    const caption = `QoS 1, MQTT 5.0, median of ${rounds} (least–most)`;
    const axes = { x: 'worker processes', y: 'throughput by that of one' };
    return {
      tables: [{ caption, heads, rows }],
      charts: [lines({ name: 'workers', title: 'Throughput by number of workers', axes, from: 0, series })],
      checks: [],
    };
  },
};

/** Messages per second, from the first handler's begin to the last one's end, wherever they are. */
async function share(count: number, input: Omit<WorkerInput, 'url' | 'worker'>): Promise<number> {
  const broker = await startBroker();
  const children: Child[] = [];
  try {
    children.push(...(await listening(count, { ...input, url: broker.url })));
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await queue(broker.url, input);
    children.push(...(await ready(count, { ...input, url: broker.url })));
    for (const child of children) child.tell({ go: true });
    return rateOf(await whenHandled(children, input.messages), input.messages);
  } finally {
    await Promise.all(children.map((child) => child.kill()));
    await broker.stop();
  }
}

type Input = Omit<WorkerInput, 'worker'>;

/** Loaded, and not yet connected, so that all begin together. */
async function ready(count: number, input: Input): Promise<Child[]> {
  const children = Array.from({ length: count }, (_, worker) => Child.start('worker.subject', { ...input, worker }));
  await Promise.all(children.map((child) => child.next<WorkerReport>()));
  return children;
}

async function listening(count: number, input: Input): Promise<Child[]> {
  const children = await ready(count, input);
  for (const child of children) child.tell({ go: true });
  await Promise.all(children.map((child) => child.next<WorkerReport>()));
  return children;
}

/** What each has done when together they have handled all. */
function whenHandled(children: readonly Child[], messages: number): Promise<WorkerProgress[]> {
  const latest = new Map<Child, WorkerProgress>();
  return new Promise((resolve, reject) => {
    const follow = async (child: Child): Promise<void> => {
      for (;;) {
        const report = await child.next<WorkerReport>();
        if ('handled' in report) latest.set(child, report);
        if (total(latest.values(), ({ handled }) => handled) >= messages) resolve([...latest.values()]);
      }
    };
    // Each ends when its child does, at the latest with the measurement.
    for (const child of children) follow(child).catch(reject);
  });
}

function rateOf(reports: readonly WorkerProgress[], messages: number): number {
  const ids = total(reports, ({ sum }) => sum);
  if (ids !== (messages * (messages - 1)) / 2 || total(reports, ({ handled }) => handled) !== messages) {
    throw new Error('Not every message was handled once; the measurement means nothing.');
  }
  const first = Math.min(...reports.map((report) => report.first));
  const last = Math.max(...reports.map((report) => report.last));
  return (messages * 1_000) / (last - first);
}

function total(reports: Iterable<WorkerProgress>, of: (report: WorkerProgress) => number): number {
  return [...reports].reduce((sum, report) => sum + of(report), 0);
}
