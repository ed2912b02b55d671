import { randomFrom } from './random.js';

export type Fault = 'kill' | 'terminate' | 'stop' | 'cut' | 'half-open' | 'restart';

/** What happens to which worker, `at` milliseconds after the first job; a `restart` happens to the broker. */
export interface Planned {
  readonly at: number;
  readonly fault: Fault;
  /** Place of the worker, from 0; its replacement has the same. */
  readonly place: number;
  /** Milliseconds, of a `stop` and of the broker's absence. */
  readonly lasts: number;
}

/** For so many kills there is one of each other fault. */
const KILLS_FOR_EACH_OTHER = 4;
const LONGEST_STOP = 7_000;
const LONGEST_RESTART = 3_000;

/** The same for the same seed and numbers. */
export function chaosSchedule(
  seed: number,
  kills: number,
  others: readonly Fault[],
  workers: number,
  seconds: number,
): Planned[] {
  const random = randomFrom(seed);
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
    lasts: Math.round(500 + ((fault === 'restart' ? LONGEST_RESTART : LONGEST_STOP) - 500) * random()),
  }));
}

/** Each worker in turn is asked to end and replaced, as in a deployment. */
export function rollingSchedule(workers: number, seconds: number): Planned[] {
  const gap = (seconds * 1000) / (workers + 1);
  return Array.from({ length: workers }, (_, place) => ({
    at: Math.round(gap * (place + 1)),
    fault: 'terminate',
    place,
    lasts: 0,
  }));
}
