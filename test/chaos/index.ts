import { resolve } from 'node:path';
import { type ChaosOptions, chaosOptions } from './options.js';
import { findingsOf, type Finding, told } from './report.js';
import { Run } from './run.js';
import { say } from './say.js';
import { PLANS } from './scenarios.js';

const MISBEHAVING = { misbehaves: true, poison: undefined };

async function findings(options: ChaosOptions): Promise<Finding[]> {
  const plan = PLANS[options.scenario];
  const run = await Run.start(options, plan.handling?.(options) ?? MISBEHAVING);
  try {
    if (plan.publishes !== true) await run.publish(options.jobs, options.seconds);
    const found = (await plan.inflict(run)) ?? [];
    await run.everythingHasRun();
    const idle = await run.idleWorkers();
    const stuck = await run.fleet.close();
    const end = { left: await run.presenceLeft(), stuck, idle };
    return [...found, ...findingsOf(options, run.ledger, end, plan.timed === true)];
  } finally {
    await run.stop();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const options = chaosOptions(process.argv.slice(2));
const { scenario, jobs, workers, kills, version, broker, qos, seconds, seed, trace } = options;
const protocol = `MQTT ${version === 4 ? '3.1.1' : '5.0'}, QoS ${qos}`;
const killing = PLANS[scenario].kills ? `, ${kills} kills` : '';
say(`${scenario}: ${jobs} jobs, ${workers} workers${killing}, ${broker}, ${protocol}, ${seconds} s`);
say(`the same again: --seed ${seed}`);
const held = told(await findings({ ...options, trace: trace === undefined ? undefined : resolve(trace) }));
process.exit(held ? 0 : 1);
