import { latencyCells, ready } from './latency.js';
import { bars } from './report/chart.js';
import { type Broker, startBroker } from './support/broker.js';
import { atLeast } from './support/check.js';
import { Child } from './support/child.js';
import type { LatencyReport, Load, RequesterInput } from './support/latency.js';
import type { Findings, Part, Scale } from './support/part.js';
import { median, ratios, rotated, spread } from './support/statistics.js';

const SERVERS = ['shared', 'nest'] as const;

/** With QoS 1 as `ClientMQTTShared` has it, and QoS 0 as Nest's `ClientMqtt` has it. */
const PAIRS = [
  { what: 'ClientMQTTShared, ServerMQTTShared, QoS 1', client: 'shared', qos: 1, topic: 'requests/shared' },
  { what: "Nest's ClientMqtt, ServerMqtt, QoS 0", client: 'nest', qos: 0, topic: 'requests/nest' },
  { what: 'ClientMQTTShared, ServerMQTTShared, QoS 0', client: 'shared', qos: 0, topic: 'requests/shared' },
  { what: "Nest's ClientMqtt, ServerMqtt, QoS 1", client: 'nest', qos: 1, topic: 'requests/nest-qos-1' },
] as const;

const SHARES = [0.1, 0.5, 0.8] as const;
const MANY = 100;

interface Measured {
  readonly pair: (typeof PAIRS)[number];
  readonly child: Child;
  readonly alone: LatencyReport[];
  readonly many: LatencyReport[];
  readonly at: ReadonlyMap<number, LatencyReport[]>;
}

/** `send` to reply, each pair as it comes and at the QoS of the other. */
export const requests: Part = {
  name: 'requests',
  title: 'send to reply: round trips per second, and latency',
  async measure(scale) {
    const broker = await startBroker({ noDelay: true });
    try {
      return await compare(broker, scale);
    } finally {
      await broker.stop();
    }
  },
};

async function compare(broker: Broker, scale: Scale): Promise<Findings> {
  const { one, many, seconds, rounds } =
    scale === 'quick'
      ? { one: 300, many: 3_000, seconds: 1, rounds: 1 }
      : { one: 3_000, many: 20_000, seconds: 5, rounds: 5 };
  const servers: Child[] = [];
  const measured: Measured[] = [];
  try {
    for (const server of SERVERS) {
      const input = { url: broker.url, protocolVersion: 5, name: server, qos: 1 };
      servers.push(await ready(Child.start(`latency-${server}.subject`, input)));
    }
    for (const pair of PAIRS) {
      const input: RequesterInput = { url: broker.url, client: pair.client, qos: pair.qos, topic: pair.topic };
      const child = await ready(Child.start('requester.subject', input));
      measured.push({ pair, child, alone: [], many: [], at: new Map(SHARES.map((share) => [share, []])) });
    }
    for (const each of measured) await request(each, many, { outstanding: MANY });
    for (let round = 0; round < rounds; round++) {
      for (const each of rotated(measured, round)) {
        each.alone.push(await request(each, one, { outstanding: 1 }));
        each.many.push(await request(each, many, { outstanding: MANY }));
      }
    }
    const highest = Math.min(...measured.map((each) => median(each.many.map(({ rate }) => rate))));
    for (let round = 0; round < rounds; round++) {
      for (const share of SHARES) {
        const rate = highest * share;
        for (const each of rotated(measured, round)) {
          each.at.get(share)?.push(await request(each, Math.ceil(rate * seconds), { rate }));
        }
      }
    }
    return report(measured, highest, rounds);
  } finally {
    for (const child of [...measured.map((each) => each.child), ...servers]) await child.end();
  }
}

function request({ child, pair }: Measured, messages: number, pace: Load['pace']): Promise<LatencyReport> {
  child.tell({ topic: pair.topic, messages, pace } satisfies Load);
  return child.next<LatencyReport>();
}

function report(measured: readonly Measured[], highest: number, rounds: number): Findings {
  const of = (client: string, qos: number): Measured | undefined =>
    measured.find(({ pair }) => pair.client === client && pair.qos === qos);
  const by = (each: Measured | undefined, base: Measured | undefined): number[] =>
    ratios(ratesOf(each?.many), ratesOf(base?.many));
  const latencies = SHARES.flatMap((share) =>
    measured.map(({ pair, at }) => [
      `${share * 100} %`,
      (highest * share).toFixed(0),
      pair.what,
      ...latencyCells(at.get(share) ?? []),
    ]),
  );
  const rates = measured.map((each) => [
    each.pair.what,
    median(ratesOf(each.alone)).toFixed(0),
    median(ratesOf(each.many)).toFixed(0),
    spread(by(each, of('nest', each.pair.qos))),
    spread(by(each, of('nest', 0))),
  ]);
  const groups = ([1, MANY] as const).map((outstanding) => ({
    label: `${outstanding} at once`,
    values: measured.map(({ alone, many }) => median(ratesOf(outstanding === 1 ? alone : many))),
  }));
  const series = PAIRS.map(({ what }) => what);
  return {
    tables: [
      {
        caption: `Round trips per second, one and ${MANY} at once, median of ${rounds} (least–most)`,
        heads: ['pair', '1 at once', `${MANY} at once`, "by Nest's at its QoS", "by Nest's at QoS 0"],
        rows: rates,
      },
      {
        caption: 'Milliseconds from `send` to reply, at shares of the highest rate that all keep up with',
        heads: ['of the highest', 'requests/s', 'pair', 'p50', 'p99', 'p99.9'],
        rows: latencies,
      },
    ],
    charts: [bars({ name: 'requests', title: 'Round trips per second', unit: 'per second', series, groups })],
    checks: [1, 0].map((qos) => {
      const ratio = median(by(of('shared', qos), of('nest', qos)));
      return atLeast(1, `QoS ${qos}: round trips of send by those of Nest's own pair`, ratio);
    }),
  };
}

function ratesOf(reports: readonly LatencyReport[] = []): number[] {
  return reports.map(({ rate }) => rate);
}
