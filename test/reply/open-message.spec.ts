import { describe, expect, it } from '@jest/globals';
import { ClientProxy } from '@nestjs/microservices';
import type { Codec } from '../../lib/payload/codec.js';
import { resolveCodec } from '../../lib/payload/resolve-codec.js';
import { encodeRequest } from '../../lib/reply/encode-request.js';
import type { NormalizePattern } from '../../lib/reply/nest-envelope.js';
import { openMessage } from '../../lib/reply/open-message.js';
import type { PublishProperties } from '../../lib/session/wire.js';
import { delivered, inbound } from './message.js';

const normalizePattern = (ClientProxy.prototype as unknown as { normalizePattern: NormalizePattern }).normalizePattern;

function open(topic: string, payload: unknown, properties?: PublishProperties, codec: Codec = 'auto') {
  return openMessage(inbound(topic, payload, properties), resolveCodec(codec), normalizePattern);
}

describe('an event', () => {
  it('is its payload, and nobody waits for an answer', () => {
    expect(open('jobs/1', { image: 42 })).toEqual({ data: { image: 42 } });
  });

  it("comes out of the envelope of Nest's own client", () => {
    expect(open('jobs/1', { pattern: 'jobs/1', data: { image: 42 } })).toEqual({ data: { image: 42 } });
  });

  it('comes out of the envelope also where only one side has a leading slash', () => {
    expect(open('/jobs/1', { pattern: 'jobs/1', data: 1 })).toEqual({ data: 1 });
    expect(open('jobs/1', { pattern: '/jobs/1', data: 1 })).toEqual({ data: 1 });
  });

  it('comes out of an envelope whose pattern is an object or a number', () => {
    expect(open('{"cmd":"resize"}', { pattern: { cmd: 'resize' }, data: 1 })).toEqual({ data: 1 });
    expect(open('7', { pattern: 7, data: 1 })).toEqual({ data: 1 });
  });

  it('brings the metadata of a dispatch hook along', () => {
    expect(open('jobs/1', { pattern: 'jobs/1', data: 1, metadata: { traceparent: '00-ab' } })).toEqual({
      data: 1,
      metadata: { traceparent: '00-ab' },
    });
  });

  it.each<[string, unknown]>([
    ['has a pattern that is not its topic', { pattern: 'stripes', data: [1] }],
    ['has a key that is not Nest’s', { pattern: 'jobs/1', data: [1], colour: 'red' }],
    ['has a pattern but no data', { pattern: 'jobs/1' }],
    ['has data but no pattern', { data: 'jobs/1' }],
    ['has a pattern that is null', { pattern: null, data: 1 }],
    ['has a pattern that is true', { pattern: true, data: 1 }],
    ['has an id that is an object', { pattern: 'jobs/1', data: 1, id: {} }],
    ['is an array', [{ pattern: 'jobs/1', data: 1 }]],
  ])('stays whole when it %s', (_, job) => {
    expect(open('jobs/1', job)).toEqual({ data: job });
  });

  it('stays whole when its pattern is too deep to be one, and nothing overflows', () => {
    const deep = `{"pattern":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)},"data":1}`;
    expect(open('jobs/1', deep)).toMatchObject({ data: { data: 1 } });
    const overflowing = (): never => {
      throw new RangeError('Maximum call stack size exceeded');
    };
    const job = { pattern: { a: 1 }, data: 1 };
    expect(openMessage(inbound('jobs/1', job), resolveCodec(), overflowing)).toEqual({ data: job });
  });
});

describe('a request', () => {
  it('on 5.0 is answered on its Response Topic with its Correlation Data', () => {
    const correlationData = Buffer.from('c1');
    expect(open('jobs/1', { image: 42 }, { responseTopic: 'answers/1', correlationData })).toEqual({
      data: { image: 42 },
      replyTarget: { form: 'property', topic: 'answers/1', correlationData, qos: 1 },
    });
  });

  it("of Nest's own client is answered on <topic>/reply", () => {
    expect(open('jobs/1', { pattern: 'jobs/1', data: 1, id: 'r1' })).toEqual({
      data: 1,
      replyTarget: { form: 'envelope', topic: 'jobs/1/reply', id: 'r1', strict: true, qos: 1 },
    });
  });

  it('of our client on 3.1.1 is answered where it says', () => {
    expect(open('jobs/1', { pattern: 'jobs/1', data: 1, id: 'r1', replyTo: 'answers/1' })).toEqual({
      data: 1,
      replyTarget: { form: 'envelope', topic: 'answers/1', id: 'r1', strict: false, qos: 1 },
    });
  });

  it('prefers the Response Topic to the envelope around its data', () => {
    const opened = open('jobs/1', { pattern: 'jobs/1', data: 1, id: 'r1' }, { responseTopic: 'answers/1' });
    expect(opened).toMatchObject({ data: 1, replyTarget: { form: 'property', topic: 'answers/1' } });
  });

  it.each(['', 'a/+', '#', 'a\u0000', '$share/g/t', '$SYS/broker', '$sys/broker', 'x'.repeat(65_536)])(
    'that wants its answer on %j gets none, and that is said',
    (responseTopic) => {
      const opened = open('jobs/1', 1, { responseTopic });
      expect(opened).toEqual({ data: 1, unanswerable: expect.stringContaining('cannot be used') });
      const enveloped = open('jobs/1', { pattern: 'jobs/1', data: 1, id: 'r1', replyTo: responseTopic });
      expect(enveloped).toEqual({ data: 1, unanswerable: expect.stringContaining('cannot be used') });
    },
  );

  const reversed: Codec = {
    encode: (value) => Buffer.from(JSON.stringify(value)).reverse(),
    decode: (payload) => JSON.parse(Buffer.from(payload).reverse().toString()) as unknown,
  };

  describe.each([4, 5] as const)('of our client on protocol version %i', (protocolVersion) => {
    it.each<[string, Codec, unknown, unknown]>([
      ['an object', 'auto', { image: 42 }, { image: 42 }],
      ['a string that looks like JSON', 'auto', '42', '42'],
      ['bytes that are not UTF-8', 'auto', Buffer.from([0xff, 0]), Buffer.from([0xff, 0])],
      ['bytes that look like text', 'auto', Buffer.from('42'), Buffer.from('42')],
      ['a view of memory', 'auto', Uint8Array.of(1, 2), Buffer.from([1, 2])],
      ['a string', 'json', '42', '42'],
      ['an object', 'json', { a: [1] }, { a: [1] }],
      ['a string', 'text', 'hello', 'hello'],
      ['bytes', 'raw', Buffer.from([0xff, 0]), Buffer.from([0xff, 0])],
      ['an object', reversed, { a: [1] }, { a: [1] }],
    ])('brings %s under %s', (_, name, data, expected) => {
      const codec = resolveCodec(name);
      const request = { pattern: 'jobs/1', data, id: 'r1', replyTo: 'answers/1' };
      const sent = { topic: 'jobs/1', ...encodeRequest(request, codec, protocolVersion) };
      const opened = openMessage(delivered(sent, protocolVersion), codec, normalizePattern);
      expect(opened.data).toEqual(expected);
      expect(opened.replyTarget).toMatchObject({ topic: 'answers/1' });
    });

    it("can be read by Nest's own server", () => {
      const request = { pattern: 'jobs/1', data: { image: 42 }, id: 'r1', replyTo: 'answers/1' };
      const { payload } = encodeRequest(request, resolveCodec(), protocolVersion);
      expect(JSON.parse(payload.toString())).toMatchObject({ pattern: 'jobs/1', data: { image: 42 }, id: 'r1' });
    });
  });

  it('carries the metadata of a dispatch hook, on 5.0 as User Properties too', () => {
    const metadata = { traceparent: '00-ab' };
    const request = { pattern: 'jobs/1', data: 1, id: 'r1', replyTo: 'answers/1', metadata };
    expect(encodeRequest(request, resolveCodec(), 5).properties).toMatchObject({ userProperties: metadata });
    const sent = { topic: 'jobs/1', ...encodeRequest(request, resolveCodec(), 4) };
    expect(openMessage(delivered(sent, 4), resolveCodec(), normalizePattern)).toMatchObject({ metadata });
  });
});
