/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { setTimeout } from 'node:timers/promises';
import type { OnErrorOptions } from 'nestjs-mqtt-shared';
import type { Policy } from './options.js';
import type { Finding } from './report.js';
import type { Run } from './run.js';

const ATTEMPTS = 3;
/** Milliseconds before the second attempt; each further wait is twice as long. */
const FIRST_WAIT = 200;
const LONGEST_WAIT = 10_000;
/** Milliseconds before it is delivered again, at the least. */
const LEAST_BEFORE_REDELIVERY = 1000;
/** Timers and the clock are not of one mind about a millisecond. */
const TOLERANCE = 5;
/** Milliseconds. */
const COMES_AGAIN_WITHIN = 30_000;
const LOOK = 100;
const WARM_UP = 0.2;
const PUBLISHED_WITHIN = 1;

export function poisonPolicy(policy: Policy): OnErrorOptions {
  return {
    attempts: ATTEMPTS,
    backoff: { initial: FIRST_WAIT, factor: 2, max: LONGEST_WAIT, jitter: 0 },
    then: policy,
  };
}

/** The same number of jobs without one that always fails, with it, and without it. */
export async function findingsOfPoison(run: Run): Promise<Finding[]> {
  const { jobs, policy } = run.options;
  const letters = await run.observe('dead-letter/#');
  await throughput(run, Math.ceil(jobs * WARM_UP), false);
  const before = await throughput(run, jobs, false);
  const withPoison = await throughput(run, jobs, true);
  const without = (before + (await throughput(run, jobs, false))) / 2;
  if (policy === 'redeliver') await comesAgain(run);
  if (policy === 'dead-letter') await letters.waitForPublishes(1).catch(() => {});

  // Whoever comes next can do it, if it has not ended.
  await run.fleet.close();
  await run.startOthers({ misbehaves: false, poison: undefined });
  const { ledger } = run;
  const { poison } = ledger;
  if (policy === 'redeliver') ledger.poison = undefined;
  const ratio = withPoison / without;
  const idle = await run.idleWorkers();
  await letters.disconnect();
  const ran = poison !== undefined && ledger.runs.has(poison);
  const tries = ledger.tries.toSorted((a, b) => a.at - b.at);
  const early = tries.filter(({ at }, i) => {
    const last = tries[i - 1];
    return last !== undefined && at - last.at < leastWait(last.attempt, tries[i]?.attempt ?? 0) - TOLERANCE;
  });
  const wanted = policy === 'dead-letter' ? 1 : 0;
  const ends =
    policy === 'redeliver'
      ? ran && tries.length >= 2 * ATTEMPTS
      : !ran && tries.length === ATTEMPTS && letters.payloads.length === wanted;
  return [
    { name: 'jobs a second without poison', value: Math.round(without) },
    { name: 'jobs a second with poison', value: Math.round(withPoison), fault: ratio < 0.5 && 'less than half' },
    { name: 'attempts at the poison', value: tries.length },
    {
      name: 'attempts before their time',
      value: early.length,
      fault: early.length > 0 && 'it spins',
      details: early.map(({ at, attempt }) => `early: attempt ${attempt} at ${at}`),
    },
    { name: 'dead letters', value: letters.payloads.length },
    { name: `poison ended as '${policy}' says`, value: ends ? 'yes' : 'no', fault: !ends && 'it did not' },
    { name: 'workers that get no jobs after it', value: idle.length, fault: idle.length > 0 && idle.join(', ') },
  ];
}

/** Resolves when it has been delivered twice, or should have been. */
async function comesAgain({ ledger }: Run): Promise<void> {
  const deadline = performance.now() + COMES_AGAIN_WITHIN;
  while (ledger.tries.length < 2 * ATTEMPTS && performance.now() < deadline) await setTimeout(LOOK);
}

/** Attempts are counted on from delivery to delivery where that can be, and begin anew where not. */
function leastWait(attempt: number, next: number): number {
  const step = (attempt - 1) % ATTEMPTS;
  return next === attempt + 1 && step < ATTEMPTS - 1 ? FIRST_WAIT * 2 ** step : LEAST_BEFORE_REDELIVERY;
}

/** Jobs a second, from the first that is published to the last that runs. */
async function throughput(run: Run, jobs: number, poisoned: boolean): Promise<number> {
  await run.publish(jobs, PUBLISHED_WITHIN, { poisoned });
  const begun = performance.now();
  await run.everythingHasRun();
  return (jobs * 1000) / (run.ledger.lastProgress - begun);
}
