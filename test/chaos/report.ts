import { brokerOf } from './brokers.js';
import type { Excuse, Ledger } from './ledger.js';
import type { ChaosOptions } from './options.js';
import { recoveryOf } from './recovery.js';
import { say } from './say.js';
import { RECOVERED_WITHIN } from './scenarios.js';

const MOST_SHOWN = 20;

const EXCUSES: readonly [Excuse, string][] = [
  ['not saved', 'jobs that the broker had not saved when it was killed'],
  ['no subscribers', 'jobs that came before a subscription (3.1.1 does not tell)'],
];

/** One line of the table; with a fault, the run has failed. */
export interface Finding {
  readonly name: string;
  readonly value: string | number;
  readonly fault?: string | false;
  /** For the reader, below the table. */
  readonly details?: readonly string[];
}

/** What was found when all was over. */
export interface End {
  /** Presence that is still retained. */
  readonly left: readonly string[];
  /** Workers that did not end by themselves. */
  readonly stuck: readonly string[];
  /** Workers that were given nothing in the last round. */
  readonly idle: readonly string[];
}

export function findingsOf(options: ChaosOptions, ledger: Ledger, end: End, timed: boolean): Finding[] {
  const { lost, refused, killed, crashed } = ledger;
  const unpublished = ledger.publishing > 0 && 'a publisher did not finish';
  return [
    { name: 'jobs published', value: ledger.published.size, fault: unpublished },
    { name: 'jobs refused to the publisher', value: refused.length, details: refused.map((why) => `refused ${why}`) },
    { name: 'jobs run', value: ledger.runs.size },
    ...findingsOfSurplus(options, ledger),
    {
      name: 'jobs lost',
      value: lost.length,
      fault: lost.length > 0 && 'none may be',
      details: lost.map((id) => `lost ${ledger.history(id)}`),
    },
    ...EXCUSES.flatMap(([excuse, name]) => {
      const { length } = ledger.excused(excuse);
      return length === 0 ? [] : [{ name, value: length }];
    }),
    { name: 'workers killed', value: killed.length },
    ...(killed.length > 0 ? findingsOfRecovery(ledger, timed && !options.untimed) : []),
    { name: 'presence left on the broker', value: end.left.length, details: end.left.map((each) => `left ${each}`) },
    few('workers that crashed', crashed),
    few('workers that did not end', end.stuck),
    few('workers that get no jobs any more', end.idle),
  ];
}

function few(name: string, who: readonly string[]): Finding {
  return { name, value: who.length, fault: who.length > 0 && who.join(', ') };
}

/** What is in hand when a session changes hands can run twice: its window, and as much as runs beyond that. */
function findingsOfSurplus({ scenario, concurrency, broker }: ChaosOptions, ledger: Ledger): Finding[] {
  const { surplus, takeovers, killed, publishedAgain, runs } = ledger;
  const inHand = 2 * concurrency + concurrency;
  const byKills = killed.length * inHand;
  const byAll = takeovers * inHand + publishedAgain + ledger.runsSinceSaved;
  const strict = scenario === 'kills' || scenario === 'rolling' || scenario === 'poison';
  const { runsAgain } = brokerOf(broker);
  const allowed = runsAgain !== undefined ? Infinity : strict ? byKills : byAll;
  const twice = [...runs].filter(([, { length }]) => length > 1);
  return [
    { name: 'jobs run more than once', value: twice.length },
    {
      name: 'runs too many',
      value: surplus,
      fault: surplus > allowed && 'more than allowed',
      details: surplus > allowed ? twice.map(([id]) => `twice ${ledger.history(id)}`) : [],
    },
    ...(runsAgain === undefined ? [] : [{ name: '  not judged', value: runsAgain }]),
    { name: '  allowed for the kills alone', value: byKills },
    ...(strict ? [] : [{ name: '  allowed for every session that changed hands', value: byAll }]),
  ];
}

function findingsOfRecovery(ledger: Ledger, judged: boolean): Finding[] {
  const { held, times, publishedFor, late } = recoveryOf(ledger, RECOVERED_WITHIN);
  const seconds = (value: number | undefined): string => (value === undefined ? '–' : `${(value / 1000).toFixed(1)} s`);
  const tooLong = (value: number): string | false =>
    judged && value > RECOVERED_WITHIN && `${seconds(RECOVERED_WITHIN)} at the most`;
  const longest = times.at(-1);
  return [
    { name: 'jobs that dead workers held', value: held },
    { name: '  until those had run: median', value: seconds(times[Math.floor(times.length / 2)]) },
    {
      name: '  until those had run: longest',
      value: seconds(longest),
      fault: tooLong(longest ?? 0),
      details: late.map((each) => `late ${each}`),
    },
    { name: "  published to a dead worker's session for", value: seconds(publishedFor), fault: tooLong(publishedFor) },
  ];
}

/** Prints the table; `true` when all of it is as it should be. */
export function told(findings: readonly Finding[]): boolean {
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, value, fault } of findings) {
    say(`${name.padEnd(width)}  ${value}${fault ? `  FAILED: ${fault}` : ''}`);
  }
  for (const { details = [] } of findings) {
    for (const detail of details.slice(0, MOST_SHOWN)) say(detail);
  }
  return !findings.some(({ fault }) => fault);
}
