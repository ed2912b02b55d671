import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { InvalidOptionError } from '../../lib/errors/invalid-option.error.js';
import { PayloadDecodeError } from '../../lib/errors/payload-decode.error.js';
import { PayloadEncodeError } from '../../lib/errors/payload-encode.error.js';
import type { Codec } from '../../lib/payload/codec.js';
import { resolveCodec } from '../../lib/payload/resolve-codec.js';

const info = { topic: 'jobs/resize' };
const bytes = (payload: Buffer | string): Buffer => Buffer.from(payload as string);
const NOT_UTF8 = Buffer.from([0xff, 0x00, 0x7b, 0x7d]);

describe("codec 'auto'", () => {
  const codec = resolveCodec();

  it.each<[string, unknown]>([
    ['{"image":42}', { image: 42 }],
    [' \t\r\n[1,2]', [1, 2]],
    ['"text"', 'text'],
    ['-1.5e3', -1500],
    ['0', 0],
    ['true', true],
    ['false', false],
    ['null', null],
  ])('reads %j as JSON', (payload, value) => {
    expect(codec.decode(Buffer.from(payload), info)).toEqual(value);
  });

  it.each(['', ' ', 'hello', '{not json', '[1,', '01', '+1', 'nul', 'NaN', '\uFEFF{}', 'Zürich', '\u0000', '"open'])(
    'gives the string %j, which is no JSON, as it is',
    (payload) => {
      expect(codec.decode(Buffer.from(payload), info)).toBe(payload);
    },
  );

  it('gives the very bytes where they are not UTF-8', () => {
    expect(codec.decode(NOT_UTF8, info)).toBe(NOT_UTF8);
  });

  it('never takes bytes that are not UTF-8 for JSON with replacement characters', () => {
    const payload = Buffer.from([0x22, 0xff, 0x22]);
    expect(codec.decode(payload, info)).toBe(payload);
  });

  it('agrees with trying JSON.parse on every payload, whatever its first byte', () => {
    const payloads = fc.oneof(
      fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array)),
      fc.string({ unit: 'binary', maxLength: 8 }).map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(text)),
      fc.tuple(fc.constantFrom(' ', '\n', '\t', '\r', '\v', '\u00a0'), fc.json()).map((parts) => bytes(parts.join(''))),
    );
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(codec.decode(payload, info)).toEqual(naiveAuto(payload));
      }),
      { numRuns: 2_000 },
    );
  });

  it('brings every JSON value back, strings that are no JSON, and bytes that are not UTF-8', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        fc.pre(typeof value !== 'string' && !containsMinusZero(value));
        expect(codec.decode(bytes(codec.encode(value)), info)).toEqual(value);
      }),
    );
    expect(codec.decode(bytes(codec.encode('hello')), info)).toBe('hello');
    expect(codec.encode(NOT_UTF8)).toBe(NOT_UTF8);
  });

  it('writes strings and bytes as they are, a view of memory as its bytes, and undefined as nothing', () => {
    const memory = Uint8Array.from([1, 2, 3, 4]);
    expect(codec.encode('{"already":"json"}')).toBe('{"already":"json"}');
    expect(codec.encode(memory.subarray(1, 3))).toEqual(Buffer.from([2, 3]));
    expect(codec.encode(undefined)).toBe('');
    expect(codec.encode(null)).toBe('null');
  });

  it.each<[string, unknown]>([
    ['a BigInt', 1n],
    ['a cycle', cyclic()],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
  ])('refuses %s, which JSON cannot hold', (_, value) => {
    expect(() => codec.encode(value)).toThrow(PayloadEncodeError);
  });
});

describe("codec 'json'", () => {
  const codec = resolveCodec('json');

  it('brings strings back as strings, also those that look like JSON', () => {
    expect(codec.decode(bytes(codec.encode('42')), info)).toBe('42');
  });

  it('names the topic, the reason and the first bytes of a payload that is no JSON, and nothing unprintable', () => {
    const payload = Buffer.from(`\u0007oops ${'x'.repeat(100)}`);
    const error = thrownBy(() => codec.decode(payload, info));
    expect(error).toBeInstanceOf(PayloadDecodeError);
    expect(error).toMatchObject({ code: 'PAYLOAD_DECODE', topic: 'jobs/resize', cause: expect.any(SyntaxError) });
    expect(error.message).toContain('"jobs/resize"');
    expect(error.message).toContain('".oops xxxxx');
    expect(error.message).toContain('(106 bytes)');
    expect(error.message).not.toMatch(/\p{Cc}/u);
    expect(error.message.length).toBeLessThan(400);
  });

  it('says that an empty payload is empty', () => {
    expect(thrownBy(() => codec.decode(Buffer.alloc(0), info)).message).toContain('it is empty');
  });
});

describe("codecs 'text' and 'raw'", () => {
  it('give JSON as text and as bytes', () => {
    const payload = Buffer.from('{"a":1}');
    expect(resolveCodec('text').decode(payload, info)).toBe('{"a":1}');
    expect(resolveCodec('raw').decode(payload, info)).toBe(payload);
  });
});

describe('a codec of the user', () => {
  const hex: Codec = {
    encode: (value) => Buffer.from(String(value), 'hex'),
    decode: (payload, { topic }) => `${topic}:${payload.toString('hex')}`,
  };

  it('encodes and decodes, knowing the topic', () => {
    const codec = resolveCodec(hex);
    expect(codec.decode(bytes(codec.encode('cafe')), info)).toBe('jobs/resize:cafe');
  });

  it('fails with the errors of this library, its own as their cause', () => {
    const cause = new Error('broken');
    const broken = (): never => {
      throw cause;
    };
    const codec = resolveCodec({ encode: broken, decode: broken });
    expect(thrownBy(() => codec.encode(1))).toMatchObject({ code: 'PAYLOAD_ENCODE', cause });
    expect(thrownBy(() => codec.decode(NOT_UTF8, info))).toMatchObject({ code: 'PAYLOAD_DECODE', cause });
  });

  it('is refused when it encodes to neither bytes nor text', () => {
    const codec = resolveCodec({ encode: () => ({}) as Buffer, decode: (payload) => payload });
    expect(() => codec.encode(1)).toThrow('`codec.encode` returned neither text nor bytes');
  });

  it.each([['msgpack'], [null], [{}], [{ encode: () => '' }]])('cannot be %j', (codec) => {
    expect(() => resolveCodec(codec as Codec)).toThrow(InvalidOptionError);
  });
});

describe('what an envelope holds', () => {
  const custom: Codec = {
    encode: (value) => Buffer.from(JSON.stringify(value)).reverse(),
    decode: (payload) => JSON.parse(Buffer.from(payload).reverse().toString()) as unknown,
  };

  it.each<[string, Codec, unknown, unknown]>([
    ['auto', 'auto', '42', '42'],
    ['auto', 'auto', NOT_UTF8, NOT_UTF8],
    ['json', 'json', '42', '42'],
    ['json', 'json', Buffer.from('[1]'), [1]],
    ['text', 'text', { a: 1 }, '{"a":1}'],
    ['raw', 'raw', 'abc', Buffer.from('abc')],
    ['custom', custom, { a: [1] }, { a: [1] }],
  ])('comes out under %s as if it had been a payload', (_, name, value, expected) => {
    const codec = resolveCodec(name);
    expect(codec.unwrap(codec.wrap(value), info)).toEqual(expected);
  });
});

/** The documented rule, word for word. */
function naiveAuto(payload: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    return payload;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function containsMinusZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(containsMinusZero);
  return Object.is(value, -0);
}

function cyclic(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
