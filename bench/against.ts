import { existsSync } from 'node:fs';
import { bars } from './report/chart.js';
import type { AgainstInput } from './support/against.js';
import { atMost, type Check } from './support/check.js';
import { Child } from './support/child.js';
import { type Contender, drainAll } from './support/drain-all.js';
import type { DrainResult } from './support/drain.js';
import { findServer, hasPackage, PYTHON } from './support/installed.js';
import type { Findings, Part, Scale } from './support/part.js';
import { type OtherServer, startNats, startRabbit, startRedis } from './support/servers.js';
import { median, ratios, rotated, spread } from './support/statistics.js';
import type { WaitingInput } from './support/waiting.js';

const CONCURRENCY = 100;
const LOADS = [
  { what: 'empty handler', wait: 0, full: 50_000, quick: 5_000 },
  { what: 'handler of 10 ms', wait: 10, full: 50_000, quick: 5_000 },
] as const;

type Work = (load: { readonly name: string; readonly messages: number; readonly wait: number }) => Promise<DrainResult>;

interface System {
  readonly what: string;
  /** Whether it acknowledges after the job, keeps what nobody has taken, and bounds what runs: the same job. */
  readonly isLike: boolean;
  /** What is not there of what it needs. */
  missing(): string[];
  start(): Promise<{ readonly work: Work; stop(): Promise<void> }>;
}

const SYSTEMS: readonly System[] = [
  {
    what: 'ServerMQTTShared on Mosquitto',
    isLike: true,
    missing: () => servers('mosquitto'),
    start: () => onMosquitto('waiting.subject'),
  },
  {
    what: "Nest's RabbitMQ transport, noAck: false, prefetch 100",
    isLike: true,
    missing: () => [...servers('rabbitmq-server', 'epmd'), ...packages('amqplib')],
    start: () => onServer('rabbitmq', startRabbit, 'queue'),
  },
  {
    what: 'BullMQ on Redis',
    isLike: true,
    missing: () => [...servers('redis-server'), ...packages('bullmq')],
    start: () => onServer('bullmq', startRedis, 'queue'),
  },
  {
    what: 'zMQTT (Python) on Mosquitto, manual acknowledgement',
    isLike: true,
    missing: () => [...servers('mosquitto'), ...(existsSync(PYTHON) ? [] : ['zmqtt (npm run bench:install)'])],
    start: () => onMosquitto('../against/zmqtt.subject'),
  },
  {
    what: "Nest's NATS transport, queue group (acknowledges nothing, keeps nothing, bounds nothing)",
    isLike: false,
    missing: () => [...servers('nats-server'), ...packages('@nats-io/transport-node')],
    start: () => onServer('nats', startNats, 'live'),
  },
];

/** The same jobs by what people would pick instead; a system that is not installed is left out. */
export const against: Part = {
  name: 'against',
  title: 'Jobs per second, against what people would pick instead',
  async measure(scale) {
    const skipped = SYSTEMS.filter((system) => system.missing().length > 0).map(
      (system) => `${system.what}: no ${system.missing().join(', ')}`,
    );
    const measured: Measured[] = [];
    try {
      for (const system of SYSTEMS.filter((one) => one.missing().length === 0)) {
        measured.push({ system, ...(await system.start()), results: LOADS.map(() => []) });
      }
      await compare(measured, scale);
    } finally {
      for (const { stop } of measured) await stop();
    }
    return { ...report(measured), skipped };
  },
};

interface Measured {
  readonly system: System;
  readonly work: Work;
  readonly stop: () => Promise<void>;
  /** For each load those of all rounds. */
  readonly results: readonly DrainResult[][];
}

async function compare(measured: readonly Measured[], scale: Scale): Promise<void> {
  const rounds = scale === 'quick' ? 1 : 3;
  for (const [index, load] of LOADS.entries()) {
    for (let round = 0; round < rounds; round++) {
      for (const { work, results } of rotated(measured, round)) {
        const name = `jobs-${index}-${round}`;
        results[index]?.push(await work({ name, messages: load[scale], wait: load.wait }));
      }
    }
  }
}

async function onMosquitto(module: string): ReturnType<System['start']> {
  const work: Work = async ({ name, messages, wait }) => {
    const input: Omit<WaitingInput, 'url'> = {
      protocolVersion: 5,
      name,
      messages,
      qos: 1,
      wait,
      concurrency: CONCURRENCY,
    };
    const contender: Contender = { module, input, results: [] };
    await drainAll([contender], { messages });
    return contender.results[0] as DrainResult;
  };
  return { work, stop: () => Promise.resolve() };
}

/** `live`: its worker has to be there first, because nothing is kept for it. */
async function onServer(
  subject: string,
  startServer: () => Promise<OtherServer>,
  order: 'queue' | 'live',
): ReturnType<System['start']> {
  const server = await startServer();
  const start = (input: Omit<AgainstInput, 'port' | 'concurrency'>): Child =>
    Child.start(`../against/${subject}.subject`, { ...input, port: server.port, concurrency: CONCURRENCY });
  const work: Work = async (load) => {
    const early = order === 'live' ? start({ ...load, task: 'work' }) : undefined;
    await early?.next();
    const filler = start({ ...load, task: 'fill' });
    await filler.next();
    await filler.end();
    const worker = early ?? start({ ...load, task: 'work' });
    const result = await worker.next<DrainResult>();
    await worker.end();
    return result;
  };
  return { work, stop: () => server.stop() };
}

function report(measured: readonly Measured[]): Findings {
  const checks: Check[] = [];
  const ours = measured.find(({ system }) => system === SYSTEMS[0]);
  const rows = LOADS.flatMap(({ what }, load) =>
    measured.map(({ system, results }) => {
      const ratio = ratios((ours?.results[load] ?? []).map(elapsedOf), (results[load] ?? []).map(elapsedOf));
      if (system.isLike && system !== SYSTEMS[0]) {
        checks.push(
          atMost(1, `Jobs per second of ${system.what}, ${what}, by those of ServerMQTTShared`, median(ratio)),
        );
      }
      const rate = 1e6 / median((results[load] ?? []).map(elapsedOf));
      return [what, system.what, rate.toFixed(0), spread(ratio)];
    }),
  );
  const caption = `Jobs of 100 bytes per second, ${CONCURRENCY} at once, one worker process, median of the rounds (least–most)`;
  const heads = ['load', 'system', 'jobs/s', 'by ServerMQTTShared'];
  const series = measured.map(({ system }) => system.what.split(/[,(]/)[0] ?? '');
  const groups = LOADS.map(({ what }, load) => ({
    label: what,
    values: measured.map(({ results }) => 1e6 / median((results[load] ?? []).map(elapsedOf))),
  }));
  return {
    tables: [{ caption, heads, rows }],
    charts: [bars({ name: 'against', title: 'Jobs per second', unit: 'jobs/s', series, groups })],
    checks,
  };
}

function servers(...names: string[]): string[] {
  return names.filter((name) => findServer(name) === undefined);
}

function packages(...names: string[]): string[] {
  return names.filter((name) => !hasPackage(name)).map((name) => `${name} (npm run bench:install)`);
}

function elapsedOf({ elapsed }: DrainResult): number {
  return elapsed;
}
