import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { DeadLetterMessage, RejectMessage, RetryMessage } from 'nestjs-mqtt-shared';
import { PayloadTooLargeError } from '../../lib/errors/payload-too-large.error.js';
import { UnmatchedMessageError } from '../../lib/errors/unmatched-message.error.js';
import { acknowledge } from '../../lib/failure/acknowledge.js';
import { Attempts } from '../../lib/failure/attempts.js';
import { ByVerdict } from '../../lib/failure/by-verdict.js';
import type { FailureEnd, Settlement } from '../../lib/failure/failure-policy.js';
import { failurePolicy, type OnErrorOptions } from '../../lib/failure/on-error-options.js';
import { redeliver } from '../../lib/failure/redeliver.js';
import { reject } from '../../lib/failure/reject.js';
import { failedMessage } from './failed-message.js';

const HOLD: Settlement = { kind: 'hold' };
const acknowledged = (reasonCode = 0): Settlement => ({ kind: 'acknowledge', reasonCode });
/** Ends that can be told from every other. */
const end = (reasonCode: number): FailureEnd => ({ settle: () => acknowledged(reasonCode) });
const BACKOFF = { initial: 100, factor: 2, max: 350, jitter: 0 };

describe('Attempts', () => {
  it('grow apart up to the longest wait, and end', () => {
    const attempts = new Attempts(5, BACKOFF, redeliver);
    const waits = [1, 2, 3, 4, 5].map((attempt) => attempts.retryAfter(new Error('broken'), attempt));
    expect(waits).toEqual([100, 200, 350, 350, undefined]);
  });

  it.each([
    ['the wait of RetryMessage', new RetryMessage('later', { after: 7 }), [7, 7, undefined]],
    ['no wait, where RetryMessage says 0', new RetryMessage('now', { after: 0 }), [0, 0, undefined]],
    ['the usual wait for a RetryMessage without one', new RetryMessage('later'), [100, 200, undefined]],
    ['the usual wait for what a filter has made of an error', { status: 'error' }, [100, 200, undefined]],
    ['the usual wait for undefined', undefined, [100, 200, undefined]],
    ['none for DeadLetterMessage', new DeadLetterMessage('hopeless'), [undefined, undefined, undefined]],
    ['none for RejectMessage', new RejectMessage('malformed'), [undefined, undefined, undefined]],
    ['none for a message that matches nothing', new UnmatchedMessageError('t', 'c'), [undefined, undefined, undefined]],
    ['none for one that is too large', new PayloadTooLargeError('t', 2, 1), [undefined, undefined, undefined]],
  ])('have %s', (_what, error, waits) => {
    const attempts = new Attempts(3, BACKOFF, redeliver);
    expect([1, 2, 3].map((attempt) => attempts.retryAfter(error, attempt))).toEqual(waits);
  });

  it('are as many as was said, whatever is thrown (any)', () => {
    const error = fc.oneof(
      fc.anything(),
      fc.option(fc.nat(), { nil: undefined }).map((after) => new RetryMessage('later', { after })),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(error, { minLength: 20, maxLength: 20 }),
        (limit, errors) => {
          const attempts = new Attempts(limit, BACKOFF, redeliver);
          const calls = errors.findIndex((thrown, index) => attempts.retryAfter(thrown, index + 1) === undefined) + 1;
          expect(calls).toBe(limit);
        },
      ),
    );
  });
});

describe('The policy of a pattern', () => {
  const waits = (server: OnErrorOptions, pattern: OnErrorOptions): (number | undefined)[] => {
    const policy = failurePolicy(server, pattern, redeliver);
    return [1, 2, 3].map((attempt) => policy.retryAfter(new Error('broken'), attempt, undefined));
  };

  it.each<[string, OnErrorOptions, OnErrorOptions, (number | undefined)[]]>([
    ['its own', { attempts: 3 }, { attempts: 1 }, [undefined, undefined, undefined]],
    [
      "its server's where it has none",
      { attempts: 2, backoff: { initial: 5, jitter: 0 } },
      {},
      [5, undefined, undefined],
    ],
    [
      'of both, each wait by its own option first',
      { backoff: { initial: 5, factor: 3, jitter: 0 } },
      { backoff: { initial: 7 } },
      [7, 21, undefined],
    ],
    ['the defaults', { backoff: { jitter: 0 } }, {}, [250, 500, undefined]],
  ])('is %s', (_what, server, pattern, expected) => {
    expect(waits(server, pattern)).toEqual(expected);
  });
});

describe('A message whose attempts are used up', () => {
  const [otherwise, deadLetter, retry] = [end(1), end(2), end(3)];
  const settle = (error: unknown): unknown =>
    new ByVerdict(otherwise, deadLetter, retry).settle(failedMessage({ error }));

  it.each<[string, unknown, Settlement]>([
    ['where `then` says, for an error', new Error('broken'), acknowledged(1)],
    ['where `then` says, for undefined', undefined, acknowledged(1)],
    ['where dead letters go, for DeadLetterMessage', new DeadLetterMessage('hopeless'), acknowledged(2)],
    ['back to the broker, for RetryMessage', new RetryMessage('later'), acknowledged(3)],
    ['refused with 0x83, for RejectMessage', new RejectMessage('malformed'), acknowledged(0x83)],
    [
      'refused with its own Reason Code, for RejectMessage with one',
      new RejectMessage('too much', { reasonCode: 0x97 }),
      acknowledged(0x97),
    ],
  ])('ends %s', (_what, error, settlement) => {
    expect(settle(error)).toEqual(settlement);
  });
});

describe('The ends', () => {
  it.each<[string, FailureEnd, unknown, Settlement]>([
    ['redeliver holds', redeliver, new Error('broken'), HOLD],
    ['ack acknowledges with success', acknowledge, new Error('broken'), acknowledged(0)],
    ['reject acknowledges with 0x83', reject, new Error('broken'), acknowledged(0x83)],
    [
      'reject knows what a RejectMessage says',
      reject,
      new RejectMessage('x', { reasonCode: 0x99 }),
      acknowledged(0x99),
    ],
  ])('%s', (_what, failureEnd, error, settlement) => {
    expect(failureEnd.settle(failedMessage({ error }))).toEqual(settlement);
  });
});

describe('RejectMessage', () => {
  it.each([0, 5, 0x7f, 0x100, 300, Number.NaN])(
    'refuses %d, with which a broker would end the connection',
    (reasonCode) => {
      expect(() => new RejectMessage('no', { reasonCode })).toThrow(
        expect.objectContaining({ code: 'INVALID_REASON_CODE', message: expect.stringContaining(String(reasonCode)) }),
      );
    },
  );
});
