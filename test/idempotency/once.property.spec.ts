import { expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { OnceWorld } from './once-world.js';

type Step = (world: OnceWorld) => void;

/** A step whose effect a counterexample can name. */
function step(name: string, run: Step): Step {
  return Object.assign(run, { toString: () => name, [fc.toStringMethod]: () => name });
}

const index = fc.nat({ max: 9 });
const steps = fc.array(
  fc.oneof(
    {
      arbitrary: fc.constantFrom('a', 'a', 'b').map((key) => step(`arrive(${key})`, (world) => world.arrive(key))),
      weight: 4,
    },
    {
      arbitrary: fc
        .tuple(index, fc.constantFrom(true, true, true, false))
        .map(([which, ok]) => step(`finish(${which}, ${ok})`, (world) => world.finish(which, ok))),
      weight: 6,
    },
    { arbitrary: index.map((which) => step(`giveUp(${which})`, (world) => world.giveUp(which))), weight: 1 },
  ),
  { maxLength: 60, size: 'max' },
);

it('an id runs in one place at a time, never unprotected, and not again after its success, whatever happens when', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const world = new OnceWorld();
      for (const run of history) {
        run(world);
        await world.settle();
        expect(world.breaches).toEqual([]);
      }
      await world.rest();
      expect(world.breaches).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
