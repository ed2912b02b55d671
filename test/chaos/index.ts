import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { RawClient } from '../support/raw-client.js';
import { Fleet } from './fleet.js';
import { Ledger } from './ledger.js';
import { type ChaosOptions, chaosOptions } from './options.js';
import { GROUP } from './protocol.js';
import { reportOf } from './report.js';
import { say } from './say.js';
import { chaosSchedule, type Planned, rollingSchedule } from './schedule.js';
import { ScriptProcess } from './script-process.js';
import { startBroker } from './start-broker.js';

const LOOK = 100;
/** Milliseconds without a job that had not run before, after which what has not run is lost. */
const STALLED_AFTER = 45_000;
const OTHERS_START_AFTER = 5000;
/** Milliseconds in which a half-open connection is noticed. */
const CALM_AFTER = 8000;
const LAST_ROUND_SECONDS = 3;
const LAST_ROUND_FOR_EACH = 25;

async function carryOut(schedule: readonly Planned[], fleet: Fleet): Promise<void> {
  const begun = performance.now();
  const under: Promise<void>[] = [];
  for (const planned of schedule) {
    await setTimeout(Math.max(0, planned.at - (performance.now() - begun)));
    under.push(fleet.inflict(planned));
  }
  await Promise.all(under);
}

function faults(options: ChaosOptions, fleet: Fleet): Promise<void> {
  const { scenario, seed, kills, workers, seconds } = options;
  if (scenario === 'rolling') return carryOut(rollingSchedule(2, workers, seconds), fleet);
  if (scenario === 'chaos') return carryOut(chaosSchedule(seed, kills, workers, seconds), fleet);
  return setTimeout((seconds * 1000) / 3).then(() => fleet.killAll(OTHERS_START_AFTER));
}

async function everythingHasRun(ledger: Ledger): Promise<void> {
  ledger.lastProgress = performance.now();
  while (ledger.publishing > 0 || ledger.lost.length > 0) {
    if (performance.now() - ledger.lastProgress > STALLED_AFTER) return;
    await setTimeout(LOOK);
  }
}

/** The presence that is still retained for the group. */
async function presenceLeft(url: string, protocolVersion: 4 | 5): Promise<string[]> {
  const observer = await RawClient.connect(url, { protocolVersion, clientId: 'observer' });
  await observer.subscribe(`nestjs-mqtt-shared/presence/${GROUP}/+`);
  await observer.ping();
  await observer.disconnect();
  return observer.payloads;
}

async function run(options: ChaosOptions): Promise<boolean> {
  const { version, jobs, seconds, workers, concurrency, seed, trace } = options;
  if (trace !== undefined) await mkdir(trace, { recursive: true });
  const ledger = new Ledger();
  const broker = await startBroker(options);
  try {
    const fleet = new Fleet({ brokerUrl: broker.url, protocolVersion: version, concurrency, seed }, ledger);
    await fleet.start(workers);
    const publish = async (first: number, count: number, spread: number): Promise<void> => {
      const work = { url: broker.url, protocolVersion: version, first, jobs: count, seconds: spread };
      ledger.publishing++;
      await new ScriptProcess('publisher', work, (report) => ledger.record('publisher', report)).ready;
    };
    await publish(0, jobs, seconds);
    await faults(options, fleet);
    await everythingHasRun(ledger);
    // A worker can be connected and subscribed to nothing: then it gets none of these.
    await setTimeout(CALM_AFTER);
    const lastRound = workers * LAST_ROUND_FOR_EACH;
    await publish(jobs, lastRound, LAST_ROUND_SECONDS);
    await everythingHasRun(ledger);
    const idle = ledger.idle(fleet.names, jobs);
    const stuck = await fleet.close();
    const left = await presenceLeft(broker.url, version);
    if (trace !== undefined) {
      const lines = ledger.lines.map(({ at, who, what }) => `${at} ${who} ${what}`);
      const histories = Array.from({ length: jobs + lastRound }, (_, id) => ledger.history(id));
      await writeFile(join(trace, 'run.log'), [...lines, ...histories, ''].join('\n'));
    }
    return reportOf(options, ledger, { left, stuck, idle });
  } finally {
    await broker.stop();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const options = chaosOptions(process.argv.slice(2));
const { scenario, jobs, workers, kills, version, broker, seconds, seed, trace } = options;
const told = `${scenario}: ${jobs} jobs, ${workers} workers, ${kills} kills, ${broker}, MQTT ${version === 4 ? '3.1.1' : '5.0'}`;
say(`${told}, ${seconds} s; the same again: --seed ${seed}`);
const held = await run({ ...options, trace: trace === undefined ? undefined : resolve(trace) });
process.exit(held ? 0 : 1);
