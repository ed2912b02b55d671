import { it } from '@jest/globals';
import { notRunHere } from '../support/not-run-here.js';
import type { Lack } from '../support/traits.js';

// The linter's rules for tests see calls of `it`, and neither the titles nor the assertions of the callers.
const declare = it;
const leaveOut = it.skip;

const isLack = (trait: true | string | Lack): trait is Lack => typeof trait === 'object';

/** For a test that rests on several. */
export function all(...traits: readonly (true | Lack)[]): true | Lack {
  return traits.find(isLack) ?? true;
}

/**
 * Declares a test that rests on a trait, and is given its value. Where the broker lacks it, Jest keeps the test as
 * skipped, its name ending in the reason, which `npm run brokers:table` puts into `docs/brokers.md`.
 */
export function itWhere<T extends true | string>(
  trait: T | Lack,
): (name: string, run: (value: T) => Promise<void>) => void {
  if (!isLack(trait)) return (name, run) => declare(name, () => run(trait));
  return (name) => leaveOut(notRunHere(name, trait.because), () => {});
}
