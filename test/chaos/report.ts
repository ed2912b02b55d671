import type { Ledger } from './ledger.js';
import type { ChaosOptions } from './options.js';
import { say } from './say.js';

const MOST_SHOWN = 20;

/** What was found when all was over. */
export interface End {
  /** Presence that is still retained. */
  readonly left: readonly string[];
  /** Workers that did not end by themselves. */
  readonly stuck: readonly string[];
  /** Workers that were given nothing in the last round. */
  readonly idle: readonly string[];
}

/** The end of a run: the table, and whether it held. */
export function reportOf(options: ChaosOptions, ledger: Ledger, end: End): boolean {
  const { left, stuck, idle } = end;
  const { lost, surplus, recoveries, deaths, refused } = ledger;
  const { concurrency, scenario } = options;
  const allowed = scenario === 'rolling' ? 0 : deaths.length * (2 * concurrency + concurrency);
  const times = recoveries.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
  const seconds = (value: number | undefined): string => (value === undefined ? '–' : `${(value / 1000).toFixed(1)} s`);
  const rows: [string, string | number][] = [
    ['jobs published', ledger.published.size],
    ['jobs refused to the publisher', refused.length],
    ['jobs run', ledger.runs.size],
    ['jobs run more than once', [...ledger.runs.values()].filter(({ length }) => length > 1).length],
    ['runs too many (at most)', `${surplus} (${allowed})`],
    ['jobs lost', lost.length],
    ['workers killed', deaths.length],
    ['held by killed workers', recoveries.reduce((sum, { held }) => sum + held, 0)],
    ['until those had run: median', seconds(times[Math.floor(times.length / 2)])],
    ['until those had run: longest', seconds(times.at(-1))],
    ['presence left on the broker', left.length],
    ['workers that did not end', stuck.length],
    ['workers that get no jobs any more', idle.length],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) say(`${name.padEnd(width)}  ${value}`);
  for (const id of lost.slice(0, MOST_SHOWN)) say(`lost ${ledger.history(id)}`);
  for (const why of refused.slice(0, MOST_SHOWN)) say(`refused ${why}`);
  for (const presence of left.slice(0, MOST_SHOWN)) say(`left ${presence}`);
  for (const worker of stuck) say(`did not end: ${worker}`);
  for (const worker of idle) say(`gets no jobs: ${worker}`);
  const complete = lost.length === 0 && ledger.publishing === 0;
  return complete && surplus <= allowed && stuck.length === 0 && idle.length === 0;
}
