import { randomFrom } from './random.js';

export type Fault = 'kill' | 'terminate' | 'stop' | 'cut' | 'half-open';

/** What happens to which worker, `at` milliseconds after the first job. */
export interface Planned {
  readonly at: number;
  readonly fault: Fault;
  /** Place of the worker, from 0; its replacement has the same. */
  readonly place: number;
  /** Milliseconds, of a `stop`. */
  readonly lasts: number;
}

/** For so many kills there is one of each other fault. */
const KILLS_FOR_EACH_OTHER = 4;
const LONGEST_STOP = 7_000;

/** The same for the same seed and numbers. */
export function chaosSchedule(seed: number, kills: number, workers: number, seconds: number): Planned[] {
  const random = randomFrom(seed);
  const others: Fault[] = ['terminate', 'stop', 'cut', 'half-open'];
  const ofEach = Math.ceil(kills / KILLS_FOR_EACH_OTHER);
  const faults: Fault[] = [
    ...Array.from({ length: kills }, (): Fault => 'kill'),
    ...others.flatMap((fault) => Array.from({ length: ofEach }, () => fault)),
  ];
  const order = faults.map((fault) => ({ fault, key: random() })).toSorted((a, b) => a.key - b.key);
  const gap = (seconds * 1000) / (faults.length + 1);
  return order.map(({ fault }, i) => ({
    at: Math.round(gap * (i + 0.5 + 0.5 * random())),
    fault,
    place: Math.floor(workers * random()),
    lasts: Math.round(500 + (LONGEST_STOP - 500) * random()),
  }));
}

/** Each worker in turn is asked to end and replaced, as in a deployment. */
export function rollingSchedule(rounds: number, workers: number, seconds: number): Planned[] {
  const count = rounds * workers;
  const gap = (seconds * 1000) / (count + 1);
  return Array.from({ length: count }, (_, i) => ({
    at: Math.round(gap * (i + 1)),
    fault: 'terminate',
    place: i % workers,
    lasts: 0,
  }));
}
