import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { type Backoff, backoffDelay } from '../../lib/backoff.js';

const LONGEST_TIMER = 2 ** 31 - 1;

const backoffs: fc.Arbitrary<Backoff> = fc.record({
  initial: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60_000 })),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  max: fc.oneof(fc.integer({ min: 0, max: 86_400_000 }), fc.constant(Infinity)),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const attempts = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 }));
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoffDelay', () => {
  it('is always a time that a timer can wait, and never above max', () => {
    fc.assert(
      fc.property(backoffs, attempts, randoms, (backoff, attempt, random) => {
        const delay = backoffDelay(backoff, attempt, () => random);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(backoff.max, LONGEST_TIMER));
      }),
    );
  });

  it('takes off at most the part that is random', () => {
    fc.assert(
      fc.property(backoffs, attempts, randoms, (backoff, attempt, random) => {
        const full = backoffDelay({ ...backoff, jitter: 0 }, attempt);
        const delay = backoffDelay(backoff, attempt, () => random);
        expect(delay).toBeLessThanOrEqual(full);
        expect(delay).toBeGreaterThanOrEqual(full * (1 - backoff.jitter) * (1 - 1e-9));
      }),
    );
  });

  it('does not shrink from attempt to attempt', () => {
    fc.assert(
      fc.property(backoffs, attempts, (backoff, attempt) => {
        const plain = { ...backoff, jitter: 0 };
        expect(backoffDelay(plain, attempt + 1)).toBeGreaterThanOrEqual(backoffDelay(plain, attempt));
      }),
    );
  });

  it('begins with initial and grows by factor', () => {
    const backoff = { initial: 250, factor: 3, max: 5_000, jitter: 0 };
    expect([1, 2, 3, 4, 5].map((attempt) => backoffDelay(backoff, attempt))).toEqual([250, 750, 2_250, 5_000, 5_000]);
  });

  it('spreads the waits of those who failed together', () => {
    const waits = Array.from({ length: 50 }, () =>
      backoffDelay({ initial: 1_000, factor: 2, max: 9_000, jitter: 1 }, 1),
    );
    expect(new Set(waits).size).toBeGreaterThan(40);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(200);
  });
});
