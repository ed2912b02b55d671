import { setTimeout } from 'node:timers/promises';
import { brokerOf } from './brokers.js';
import { ADOPTION_AFTER } from './fleet.js';
import type { Scenario } from './options.js';
import { findingsOfPoison, poisonPolicy } from './poison.js';
import type { Finding } from './report.js';
import type { Handling, Run } from './run.js';
import { chaosSchedule, type Fault, rollingSchedule } from './schedule.js';

export interface Plan {
  readonly handling?: (run: Run['options']) => Handling;
  /** Carries it out while jobs are published, or says what it has found. */
  readonly inflict: (run: Run) => Promise<void | Finding[]>;
  /** Whether `--kills` counts. */
  readonly kills?: true;
  /** Its jobs are published by `inflict`. */
  readonly publishes?: true;
  /** A dead worker's jobs have to run in time. */
  readonly timed?: true;
}

const WORKERS_FAULTS: readonly Fault[] = ['terminate', 'stop', 'cut', 'half-open'];

function schedule({ options }: Run, others: readonly Fault[]) {
  return chaosSchedule(options.seed, options.kills, others, options.workers, options.seconds);
}

export const PLANS: Readonly<Record<Scenario, Plan>> = {
  /** Everything that can happen; to the broker too, where that loses nothing. */
  chaos: {
    inflict: (run) => {
      const { broker, version } = run.options;
      const restarts: Fault[] = brokerOf(broker).restartsAmongFaults.includes(version) ? ['restart'] : [];
      return run.carryOut(schedule(run, [...WORKERS_FAULTS, ...restarts]));
    },
    kills: true,
    timed: true,
  },
  /** SIGKILL for one worker after the other; each is followed by another one with another `clientId`. */
  kills: { inflict: (run) => run.carryOut(schedule(run, [])), kills: true, timed: true },
  /** All workers are killed at once; others start `away` seconds later. */
  'all-killed': {
    inflict: async (run) => {
      await setTimeout((run.options.seconds * 1000) / 3);
      await run.fleet.killAll(run.options.away * 1000);
    },
  },
  /** Each worker is asked to end once its replacement works. */
  rolling: {
    inflict: (run) => run.carryOut(rollingSchedule(run.options.workers, run.options.seconds)),
  },
  /** The broker is away for `away` seconds, and nobody restarts a worker. */
  'broker-gone': {
    inflict: async (run) => {
      await setTimeout((run.options.seconds * 1000) / 3);
      await run.restartBroker('SIGTERM', run.options.away * 1000);
    },
  },
  /** The broker is killed; a Mosquitto saves its sessions every second or two. `kills` times. */
  'broker-killed': {
    inflict: async (run) => {
      const restarts = schedule(run, []).map((planned) => ({ ...planned, fault: 'restart' as const }));
      await run.carryOut(restarts, 'SIGKILL');
    },
    kills: true,
  },
  /** One job that always fails, among good ones. */
  poison: {
    handling: ({ policy }) => ({ misbehaves: false, poison: poisonPolicy(policy) }),
    inflict: findingsOfPoison,
    publishes: true,
  },
};

/** Milliseconds within which a dead worker's jobs have to run. */
export const RECOVERED_WITHIN = ADOPTION_AFTER + 5000;
