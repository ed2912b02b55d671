import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { PayloadTooLargeError } from '../../lib/errors/payload-too-large.error.js';
import { UnmatchedMessageError } from '../../lib/errors/unmatched-message.error.js';
import { HandlerTimeoutError } from '../../lib/errors/handler-timeout.error.js';
import { Attempts } from '../../lib/failure/attempts.js';
import type { FailurePolicy } from '../../lib/failure/failure-policy.js';
import { failurePolicy } from '../../lib/failure/on-error-options.js';
import { redeliver } from '../../lib/failure/redeliver.js';

const BACKOFF = { initial: 100, factor: 2, max: 1_000, jitter: 0 };

/** The waits that a policy gives until it gives none. */
function waits(policy: FailurePolicy): number[] {
  const all: number[] = [];
  for (let attempt = 1; attempt < 1_000; attempt++) {
    const wait = policy.retryAfter(new Error('failed'), attempt, undefined);
    if (wait === undefined) break;
    all.push(wait);
  }
  return all;
}

describe('Attempts', () => {
  it('gives one wait fewer than there are attempts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (attempts) => {
        expect(waits(new Attempts(attempts, BACKOFF, redeliver))).toHaveLength(attempts - 1);
      }),
    );
  });

  it('waits longer each time, up to the maximum', () => {
    expect(waits(new Attempts(7, BACKOFF, redeliver))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it.each([
    ['a message that is too large', new PayloadTooLargeError('a', 2, 1)],
    ['a message that matches no handler', new UnmatchedMessageError('a', 'worker-1')],
  ])('does not try again what fails the same way every time: %s', (_, error) => {
    expect(new Attempts(9, BACKOFF, redeliver).retryAfter(error, 1)).toBeUndefined();
  });

  it.each([
    ['a handler that took too long', new HandlerTimeoutError('Jobs.handle', 'a', 1)],
    ['a string', 'failed'],
    ['an object of a filter', { status: 'error', message: 'Internal server error' }],
    ['nothing', undefined],
    ['an error that only looks permanent', Object.assign(new Error('failed'), { permanent: true })],
  ])('tries again after %s', (_, error) => {
    expect(new Attempts(2, BACKOFF, redeliver).retryAfter(error, 1)).toBe(100);
  });
});

describe('failurePolicy', () => {
  it('tries three times where nothing is set, with waits of a quarter and half a second, each shortened by up to half', () => {
    const [first, second, ...more] = waits(failurePolicy({}, {}, redeliver));
    expect(more).toEqual([]);
    expect(first).toBeGreaterThanOrEqual(125);
    expect(first).toBeLessThanOrEqual(250);
    expect(second).toBeGreaterThanOrEqual(250);
    expect(second).toBeLessThanOrEqual(500);
  });

  it('puts the options of the pattern over those of the server, each option by itself', () => {
    const server = { attempts: 5, backoff: { initial: 10, factor: 1, jitter: 0 } };
    expect(waits(failurePolicy(server, {}, redeliver))).toEqual([10, 10, 10, 10]);
    expect(waits(failurePolicy(server, { attempts: 2 }, redeliver))).toEqual([10]);
    expect(waits(failurePolicy(server, { backoff: { factor: 2 } }, redeliver))).toEqual([10, 20, 40, 80]);
  });

  it('takes an option that is set to undefined for one that is left out', () => {
    const server = { attempts: 3, backoff: { initial: 10, factor: 1, jitter: 0 } };
    expect(waits(failurePolicy(server, { backoff: { initial: undefined } }, redeliver))).toEqual([10, 10]);
  });
});

describe('redeliver', () => {
  it('never acknowledges', async () => {
    const failed = { error: new Error('failed') } as Parameters<typeof redeliver.settle>[0];
    expect(await redeliver.settle(failed)).toEqual({ kind: 'hold' });
  });
});
