import { describe, expect, it } from '@jest/globals';
import fc from './support/fast-check.js';
import { Bag, type Place } from '../lib/bag.js';

describe('A bag', () => {
  it('holds what was added and not taken out, in whatever order that happens', () => {
    // `true` adds; a number takes out one that was added before, perhaps for the second time.
    const steps = fc.array(fc.oneof(fc.constant(true as const), fc.nat()));
    fc.assert(
      fc.property(steps, (history) => {
        const bag = new Bag<number>();
        const expected = new Set<number>();
        const places: Place<number>[] = [];
        for (const step of history) {
          if (step === true) {
            expected.add(places.length);
            places.push(bag.add(places.length));
          } else if (places.length > 0) {
            const place = places[step % places.length];
            bag.remove(place);
            if (place !== undefined) expected.delete(place.member);
          }
          expect(new Set(bag.members())).toEqual(expected);
          expect(bag.size).toBe(expected.size);
        }
      }),
    );
  });

  it('takes no notice of a member that was never added', () => {
    const bag = new Bag<string>();
    bag.add('here');
    bag.remove(undefined);
    expect(bag.members()).toEqual(['here']);
  });
});
