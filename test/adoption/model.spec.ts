import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from '../support/fast-check.js';
import { atRest, Fleet } from './model/fleet.js';

/** More of them find more: `ADOPTION_RUNS=5000 npm test -- test/adoption/model`. */
const RUNS = Number(process.env['ADOPTION_RUNS'] ?? 100);

type Step = (fleet: Fleet) => void | Promise<void>;

/** A step whose effect a counterexample can name. */
function step(name: string, run: Step): Step {
  return Object.assign(run, { toString: () => name, [fc.toStringMethod]: () => name });
}

const moves = (...packets: number[]): Step =>
  step(`moves(${packets.join(', ')})`, async (fleet) => {
    for (const packet of packets) await fleet.move(packet);
  });
const finish = (which: number, succeeds: boolean): Step =>
  step(`finish(${which}, ${succeeds})`, (fleet) => fleet.finish(which, succeeds));
const passTime = (time: number): Step => step(`passTime(${time})`, (fleet) => fleet.passTime(time));
const crash = (which: number): Step => step(`crash(${which})`, (fleet) => fleet.crash(which));
const close = (which: number): Step => step(`close(${which})`, (fleet) => fleet.close(which));
const cut = (which: number): Step => step(`cut(${which})`, (fleet) => fleet.cut(which));
const forge = (which: number): Step => step(`forge(${which})`, (fleet) => fleet.forge(which));
const reorder = (which: number): Step => step(`reorder(${which})`, (fleet) => fleet.reorder(which));
const duplicate = (which: number): Step => step(`duplicate(${which})`, (fleet) => fleet.duplicate(which));
const crashBroker = step('crashBroker()', (fleet) => fleet.crashBroker());
const publish = step('publish()', (fleet) => fleet.publish());
const start = step('start()', (fleet) => fleet.start());

const few = fc.nat({ max: 9 });

const steps = fc.array(
  fc.oneof(
    {
      arbitrary: fc.array(fc.nat({ max: 999 }), { minLength: 1, maxLength: 12 }).map((of) => moves(...of)),
      weight: 30,
    },
    { arbitrary: fc.constant(publish), weight: 8 },
    { arbitrary: fc.tuple(few, fc.constantFrom(true, true, true, false)).map(([of, ok]) => finish(of, ok)), weight: 5 },
    { arbitrary: fc.constantFrom(200, 1_000, 2_000, 10_000, 11_000).map(passTime), weight: 8 },
    { arbitrary: fc.constant(start), weight: 3 },
    { arbitrary: few.map(crash), weight: 3 },
    { arbitrary: few.map(close), weight: 1 },
    { arbitrary: few.map(cut), weight: 3 },
    { arbitrary: fc.constant(crashBroker), weight: 1 },
    { arbitrary: few.map(forge), weight: 1 },
    { arbitrary: few.map(reorder), weight: 1 },
    { arbitrary: few.map(duplicate), weight: 1 },
  ),
  { maxLength: 80, size: 'max' },
);

/** What went wrong once; packets by number are those of this model. */
const REMEMBERED: [Step[]][] = [
  // A process that dies while it renews its connection leaves no will.
  [[publish, moves(0), finish(0, false), passTime(200), crash(0)]],
  // The will of an owner that came back for a moment takes the place of `adopting`.
  [
    [
      ...[cut(7), moves(0, 0), start, passTime(11_000), moves(0, 0, 0, 0, 0, 411), moves(0, 0), close(2)],
      ...[moves(0, 0, 275), cut(5), moves(387, 10, 191), passTime(200), cut(7)],
    ],
  ],
  // close() before the connection has been made usable.
  [[close(0), passTime(11_000), cut(2), passTime(10_000), moves(98, 176)]],
  // The will of a process is lost with the broker.
  [[publish, moves(0), crash(0), crashBroker]],
  // A process that dies between the end of its connection and that of its session (3.1.1).
  [[close(0), moves(639, 465), moves(283, 289, 0, 0, 33), passTime(1_000), crash(0)]],
];

describe('A fleet of workers that die, come back and adopt each other’s sessions', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([4, 5] as const)(
    'loses nothing, and leaves nothing of the dead (protocol version %i)',
    async (version) => {
      await fc.assert(
        fc.asyncProperty(steps, async (history) => {
          jest.clearAllTimers();
          const fleet = new Fleet(version);
          fleet.start();
          fleet.start();
          for (let i = 0; i < 60; i++) await fleet.move(i);
          for (const run of history) {
            await run(fleet);
            await fleet.settle();
            expect(fleet.breaches).toEqual([]);
          }
          await fleet.quiesce();
          expect(fleet.breaches).toEqual([]);
          expect({ sessions: fleet.sessions, presences: fleet.presences }).toEqual(atRest(fleet.running));
          expect(fleet.unhandled).toEqual([]);
        }),
        { numRuns: RUNS, examples: REMEMBERED },
      );
    },
    RUNS * 1_000,
  );
});
