import { parseArgs } from 'node:util';
import { type BrokerName, brokerOf, BROKERS } from './brokers.js';

/** What each of them does is in scenarios.ts. */
export const SCENARIOS = ['chaos', 'kills', 'all-killed', 'rolling', 'broker-gone', 'broker-killed', 'poison'] as const;
export type Scenario = (typeof SCENARIOS)[number];

const POLICIES = ['redeliver', 'dead-letter', 'reject', 'ack'] as const;
export type Policy = (typeof POLICIES)[number];

const DEFAULT_SECONDS = 20;
/** `chaos` has as many other faults, and a fleet that is never whole has no time for its jobs. */
const SECONDS_FOR_EACH_KILL = { chaos: 6, others: 3 };

export interface ChaosOptions {
  readonly scenario: Scenario;
  readonly jobs: number;
  readonly workers: number;
  /** Of workers; with `broker-killed` of the broker. */
  readonly kills: number;
  readonly version: 4 | 5;
  readonly broker: BrokerName;
  readonly qos: 1 | 2;
  /** For which the jobs and the faults are spread. */
  readonly seconds: number;
  /** For which all workers, or the broker, are away. */
  readonly away: number;
  /** What becomes of a job that always fails. */
  readonly policy: Policy;
  readonly seed: number;
  readonly concurrency: number;
  /** Times are told, and not judged. */
  readonly untimed: boolean;
  /** Folder for the broker's log and what was reported, line by line. */
  readonly trace: string | undefined;
}

export function chaosOptions(args: string[]): ChaosOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      scenario: { ...text, default: 'chaos' },
      jobs: { ...text, default: '2000' },
      workers: { ...text, default: '4' },
      kills: { ...text, default: '5' },
      version: { ...text, default: '5' },
      broker: { ...text, default: 'embedded' },
      qos: { ...text, default: '1' },
      seconds: text,
      away: { ...text, default: '60' },
      policy: { ...text, default: 'redeliver' },
      seed: text,
      concurrency: { ...text, default: '16' },
      untimed: { type: 'boolean', default: false },
      trace: text,
    },
  });
  const kills = whole('kills', values.kills, 0);
  const scenario = oneOf('scenario', values.scenario, SCENARIOS);
  const each = SECONDS_FOR_EACH_KILL[scenario === 'chaos' ? 'chaos' : 'others'];
  const seconds = values.seconds ?? String(Math.max(DEFAULT_SECONDS, kills * each));
  const broker = oneOf('broker', values.broker, Object.keys(BROKERS) as BrokerName[]);
  const qos = oneOf('qos', values.qos, ['1', '2']) === '1' ? 1 : 2;
  const { keepsOverStop, keepsOverKill, maximumQoS } = brokerOf(broker);
  const keeps = scenario === 'broker-killed' ? keepsOverKill : scenario === 'broker-gone' ? keepsOverStop : true;
  if (keeps !== true) throw new Error(`--scenario ${scenario} cannot be with --broker ${broker}: ${keeps.because}.`);
  if (qos > maximumQoS) throw new Error(`--qos ${qos} cannot be with --broker ${broker}: it grants ${maximumQoS}.`);
  return {
    scenario,
    jobs: whole('jobs', values.jobs, 1),
    workers: whole('workers', values.workers, 1),
    kills,
    version: oneOf('version', values.version, ['4', '5']) === '4' ? 4 : 5,
    broker,
    qos,
    seconds: whole('seconds', seconds, 1),
    away: whole('away', values.away, 0),
    policy: oneOf('policy', values.policy, POLICIES),
    seed: values.seed === undefined ? Math.floor(Math.random() * 1e9) : whole('seed', values.seed, 0),
    concurrency: whole('concurrency', values.concurrency, 1),
    untimed: values.untimed,
    trace: values.trace,
  };
}

function whole(name: string, value: string, least: number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < least) throw new Error(`--${name} is a whole number from ${least} on.`);
  return number;
}

function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === value);
  if (choice === undefined) throw new Error(`--${name} is one of ${choices.join(', ')}.`);
  return choice;
}
