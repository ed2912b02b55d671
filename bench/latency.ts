import { bars, type Chart } from './report/chart.js';
import { type Broker, startBroker } from './support/broker.js';
import { Child } from './support/child.js';
import type { LatencyReport, Load } from './support/latency.js';
import type { Part, Scale } from './support/part.js';
import { median, rotated } from './support/statistics.js';
import type { Table } from './support/table.js';

const SERVERS = ['shared', 'nest'] as const;
const NAMES = { shared: 'ServerMQTTShared', nest: "Nest's ServerMqtt" };
const SHARES = [0.1, 0.5, 0.8] as const;

/** Messages that the publisher has on their way when it looks for the highest rate. */
const OUTSTANDING = 200;

interface Measured {
  readonly server: (typeof SERVERS)[number];
  readonly child: Child;
  readonly highest: LatencyReport[];
  readonly at: ReadonlyMap<number, LatencyReport[]>;
}

/** From `publish` in one process to the handler in another, at rates that both servers can keep up with. */
export const latency: Part = {
  name: 'latency',
  title: 'Latency from publish to handler',
  async measure(scale) {
    const broker = await startBroker({ noDelay: true });
    try {
      const { measured, highest, rounds } = await compare(broker, scale);
      return { tables: tablesOf(measured, highest, rounds), charts: [chartOf(measured)], checks: [] };
    } finally {
      await broker.stop();
    }
  },
};

async function compare(broker: Broker, scale: Scale) {
  const { flood, seconds, rounds } =
    scale === 'quick' ? { flood: 5_000, seconds: 1, rounds: 1 } : { flood: 50_000, seconds: 10, rounds: 3 };
  const publisher = await ready(Child.start('publisher.subject', { url: broker.url }));
  const measured: Measured[] = [];
  for (const server of SERVERS) {
    const input = { url: broker.url, protocolVersion: 5, name: server, qos: 1 };
    const child = await ready(Child.start(`latency-${server}.subject`, input));
    measured.push({ server, child, highest: [], at: new Map(SHARES.map((share) => [share, []])) });
  }
  const publish = async ({ child, server }: Measured, messages: number, pace: Load['pace']): Promise<LatencyReport> => {
    child.tell({ messages });
    // Or the first of them may come before it knows of them.
    await child.next();
    publisher.tell({ topic: `events/${server}`, messages, pace } satisfies Load);
    const [report] = await Promise.all([child.next<LatencyReport>(), publisher.next()]);
    return report;
  };
  try {
    // What was measured first was with code that had not been optimised.
    for (const one of measured) await publish(one, flood, { outstanding: OUTSTANDING });
    for (let round = 0; round < rounds; round++) {
      for (const one of rotated(measured, round)) {
        one.highest.push(await publish(one, flood, { outstanding: OUTSTANDING }));
      }
    }
    const highest = Math.min(...measured.map((one) => median(one.highest.map(({ rate }) => rate))));
    for (let round = 0; round < rounds; round++) {
      for (const share of SHARES) {
        const rate = highest * share;
        for (const one of rotated(measured, round)) {
          one.at.get(share)?.push(await publish(one, Math.ceil(rate * seconds), { rate }));
        }
      }
    }
    return { measured, highest, rounds };
  } finally {
    for (const child of [publisher, ...measured.map((one) => one.child)]) await child.end();
  }
}

export async function ready(child: Child): Promise<Child> {
  await child.next();
  return child;
}

function tablesOf(measured: readonly Measured[], highest: number, rounds: number): Table[] {
  const rows = SHARES.flatMap((share) =>
    measured.map(({ server, at }) => [
      `${share * 100} %`,
      (highest * share).toFixed(0),
      NAMES[server],
      ...latencyCells(at.get(share) ?? []),
    ]),
  );
  const rates = measured.map(({ server, highest: reports }) => [
    NAMES[server],
    median(reports.map(({ rate }) => rate)).toFixed(0),
  ]);
  return [
    {
      caption: `Milliseconds at shares of the highest rate that both keep up with, median of ${rounds}; QoS 1, MQTT 5.0`,
      heads: ['of the highest', 'messages/s', 'server', 'p50', 'p99', 'p99.9'],
      rows,
    },
    {
      caption: `The highest rates, with a publisher that has ${OUTSTANDING} messages on their way`,
      heads: ['server', 'messages/s'],
      rows: rates,
    },
  ];
}

/** p50, p99 and p99.9, of each the median over the rounds. */
export function latencyCells(reports: readonly LatencyReport[]): string[] {
  return (['p50', 'p99', 'p999'] as const).map((name) => median(reports.map((report) => report[name])).toFixed(2));
}

function chartOf(measured: readonly Measured[]): Chart {
  const groups = SHARES.flatMap((share) =>
    (['p50', 'p99'] as const).map((name) => ({
      label: `${name} at ${share * 100} %`,
      values: measured.map(({ at }) => median((at.get(share) ?? []).map((report) => report[name]))),
    })),
  );
  const series = measured.map(({ server }) => NAMES[server]);
  return bars({ name: 'latency', title: 'Latency from publish to handler', unit: 'ms', series, groups });
}
