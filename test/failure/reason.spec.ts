import { describe, expect, it } from '@jest/globals';
import { RpcException } from '@nestjs/microservices';
import fc from '../support/fast-check.js';
import { reasonOf } from '../../lib/failure/reason.js';

describe('What is told of an error', () => {
  it.each<[string, unknown, string]>([
    ['an Error', new Error('the disk is full'), 'the disk is full'],
    ['an RpcException', new RpcException('no such user'), 'no such user'],
    [
      "what Nest's base filter makes of one",
      { status: 'error', message: 'Internal server error' },
      'Internal server error',
    ],
    ['a string', 'broken', 'broken'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['NUL characters', new Error('a\0b\0'), 'ab'],
    ['a message that is no string', { message: 42 }, '42'],
    ['a symbol', Symbol('why'), 'Symbol(why)'],
  ])('is its text: %s', (_what, error, expected) => {
    expect(reasonOf(error)).toBe(expected);
  });

  it('is cut after 500 characters, and not in the middle of one', () => {
    expect(reasonOf(new Error('x'.repeat(10_000)))).toBe('x'.repeat(500));
    expect(reasonOf(new Error(`${'x'.repeat(499)}🐘🐘`))).toBe('x'.repeat(499));
  });

  it('is there for what has no text of its own', () => {
    const withoutPrototype: unknown = Object.create(null);
    const throwing = {
      get message(): string {
        throw new Error('no message for you');
      },
    };
    for (const error of [withoutPrototype, { message: withoutPrototype }, throwing]) {
      expect(reasonOf(error)).toBe('an error that cannot be written as text');
    }
  });

  it('can be sent as an MQTT string, whatever was thrown (any)', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 1_000 }), fc.constantFrom('\ud800', 'a\udc00b', '\0'));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything({ withNullPrototype: true }),
          text,
          text.map((m) => new Error(m)),
        ),
        (error) => {
          const reason = reasonOf(error);
          expect(reason.length).toBeLessThanOrEqual(500);
          expect(reason).not.toContain('\0');
          expect(reason).not.toMatch(/\p{Surrogate}/u);
        },
      ),
      { numRuns: 500 },
    );
  });
});
