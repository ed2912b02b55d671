import { parseArgs } from 'node:util';

export const SCENARIOS = ['chaos', 'all-killed', 'rolling'] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface ChaosOptions {
  readonly scenario: Scenario;
  readonly jobs: number;
  readonly workers: number;
  readonly kills: number;
  readonly version: 4 | 5;
  readonly broker: 'embedded' | 'mosquitto';
  /** For which the jobs and the faults are spread. */
  readonly seconds: number;
  readonly seed: number;
  readonly concurrency: number;
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
      seconds: text,
      seed: text,
      concurrency: { ...text, default: '16' },
      trace: text,
    },
  });
  const kills = whole('kills', values.kills, 0);
  return {
    scenario: oneOf('scenario', values.scenario, SCENARIOS),
    jobs: whole('jobs', values.jobs, 1),
    workers: whole('workers', values.workers, 1),
    kills,
    version: oneOf('version', values.version, ['4', '5']) === '4' ? 4 : 5,
    broker: oneOf('broker', values.broker, ['embedded', 'mosquitto']),
    seconds: values.seconds === undefined ? Math.max(20, kills * 3) : whole('seconds', values.seconds, 1),
    seed: values.seed === undefined ? Math.floor(Math.random() * 1e9) : whole('seed', values.seed, 0),
    concurrency: whole('concurrency', values.concurrency, 1),
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
