import { describe, expect, it, jest } from '@jest/globals';
import { ClientMqtt, type ProducerDeserializer } from '@nestjs/microservices';
import { concat, from, NEVER, of, throwError, type Observable } from 'rxjs';
import type { Codec } from '../../lib/payload/codec.js';
import { resolveCodec } from '../../lib/payload/resolve-codec.js';
import { decodeReply, type Reply } from '../../lib/reply/decode-reply.js';
import { isReply } from '../../lib/reply/is-reply.js';
import { REPLY_TOPIC_PREFIX } from '../../lib/reply/reply-protocol.js';
import { ReplyStream, type ReplyWriter } from '../../lib/reply/reply-stream.js';
import type { EnvelopeTarget, PropertyTarget, ReplyTarget } from '../../lib/reply/reply-target.js';
import type { OutboundPublish } from '../../lib/session/wire.js';
import { delivered, inbound } from './message.js';

const TOPIC = `${REPLY_TOPIC_PREFIX}1`;
const property: PropertyTarget = { form: 'property', topic: TOPIC, correlationData: Buffer.from('r1'), qos: 1 };
const envelope: EnvelopeTarget = { form: 'envelope', topic: TOPIC, id: 'r1', strict: false, qos: 1 };
const nest: EnvelopeTarget = { form: 'envelope', topic: 'jobs/1/reply', id: 'r1', strict: true, qos: 1 };

/** Answers with everything that comes from `values`; resolves with what was published once all of it is. */
async function answer(target: ReplyTarget, values: Observable<unknown>, codec: Codec = 'auto') {
  const sent: OutboundPublish[] = [];
  const send: ReplyWriter['send'] = (message, done) => {
    sent.push(message);
    done();
  };
  const stream = new ReplyStream(target, { codec: resolveCodec(codec), send });
  const failure = await new Promise<unknown>((resolve) => {
    values.subscribe({
      next: (value) => stream.next(value),
      complete: () => void stream.complete().then(() => resolve(undefined), resolve),
      error: (error) => void stream.error(error).then(() => resolve(undefined), resolve),
    });
  });
  return { sent, failure };
}

function read(message: OutboundPublish, protocolVersion: 4 | 5 = 5, codec: Codec = 'auto'): Reply & { id?: string } {
  const reply = decodeReply(delivered(message, protocolVersion));
  return { id: reply?.id, ...reply?.read(resolveCodec(codec)) };
}

const FORMS: [string, ReplyTarget, 4 | 5][] = [
  ['with Response Topic', property, 5],
  ['with an envelope', envelope, 4],
  ["with Nest's own envelope", nest, 4],
];

describe.each(FORMS)('replies %s', (_, target, protocolVersion) => {
  it('are one message for one value', async () => {
    const { sent } = await answer(target, of({ done: true }));
    expect(sent.map((message) => read(message, protocolVersion))).toEqual([
      { id: 'r1', response: { done: true }, isDisposed: true },
    ]);
    expect(sent[0]).toMatchObject({ topic: target.topic, qos: 1, retain: false });
  });

  it('are one message for each of several values, the last of which is the end', async () => {
    const { sent } = await answer(target, of('a', 'b', 'c'));
    expect(sent.map((message) => read(message, protocolVersion))).toEqual([
      { id: 'r1', response: 'a' },
      { id: 'r1', response: 'b' },
      { id: 'r1', response: 'c', isDisposed: true },
    ]);
  });

  it.each<[string, Observable<unknown>]>([
    ['nothing comes', of()],
    ['only undefined comes', of(undefined)],
  ])('are one message that is the end when %s', async (__, values) => {
    const { sent } = await answer(target, values);
    expect(sent.map((message) => read(message, protocolVersion))).toEqual([{ id: 'r1', isDisposed: true }]);
  });

  it('bring the values before an error, then the error', async () => {
    const values = concat(
      of(1),
      throwError(() => ({ status: 'error', message: 'no such image' })),
    );
    const { sent } = await answer(target, values);
    expect(sent.map((message) => read(message, protocolVersion))).toEqual([
      { id: 'r1', response: 1 },
      { id: 'r1', err: { status: 'error', message: 'no such image' }, isDisposed: true },
    ]);
  });

  it.each<[string, unknown, unknown]>([
    ['an Error', new Error('broken'), { status: 'error', message: 'broken' }],
    ['a string', 'broken', 'broken'],
    ['nothing', undefined, { status: 'error', message: 'Internal server error' }],
    ['what JSON cannot hold', { n: 1n }, { status: 'error', message: 'Internal server error' }],
  ])('say that it failed when the error is %s', async (__, error, expected) => {
    const { sent } = await answer(
      target,
      throwError(() => error),
    );
    expect(sent.map((message) => read(message, protocolVersion))).toEqual([
      { id: 'r1', err: expected, isDisposed: true },
    ]);
  });

  it('end with an error, on both sides, when a value cannot be encoded', async () => {
    const { sent, failure } = await answer(target, of(1, 2n, 3));
    expect(failure).toMatchObject({ code: 'PAYLOAD_ENCODE' });
    expect(sent.map((message) => read(message, protocolVersion))).toEqual([
      { id: 'r1', response: 1 },
      { id: 'r1', err: expect.objectContaining({ message: expect.stringContaining('BigInt') }), isDisposed: true },
    ]);
  });
});

describe.each(FORMS.slice(0, 2))('a value %s', (_, target, protocolVersion) => {
  it.each<[Codec, unknown]>([
    ['auto', '42'],
    ['auto', Buffer.from('42')],
    ['auto', Buffer.from([0xff, 0])],
    ['auto', ''],
    ['auto', null],
    ['auto', false],
    ['json', '42'],
    ['text', 'hello'],
    ['raw', Buffer.from([0xff, 0])],
  ])('comes back as it was under %s: %p', async (codec, value) => {
    const { sent } = await answer(target, of(value), codec);
    expect(read(sent[0]!, protocolVersion, codec)).toEqual({ id: 'r1', response: value, isDisposed: true });
  });
});

describe('a reply stream', () => {
  it('sends each value when it comes, without waiting for the next', async () => {
    const send = jest.fn<ReplyWriter['send']>((_message, done) => done());
    const stream = new ReplyStream(property, { codec: resolveCodec(), send });
    stream.next('first');
    await new Promise(setImmediate);
    expect(send.mock.calls.map(([message]) => message.payload)).toEqual(['first']);
    await stream.complete();
    expect(send.mock.calls.map(([message]) => read(message))).toEqual([
      { id: 'r1', response: 'first' },
      { id: 'r1', isDisposed: true },
    ]);
  });

  it('takes the end of an async iterator that follows its last value for the same turn', async () => {
    async function* values() {
      yield 'a';
      yield 'b';
    }
    const { sent } = await answer(property, from(values()));
    expect(sent.map((message) => read(message))).toEqual([
      { id: 'r1', response: 'a' },
      { id: 'r1', response: 'b', isDisposed: true },
    ]);
  });

  it('completes only when the broker has taken every message', async () => {
    const taken: (() => void)[] = [];
    const stream = new ReplyStream(property, {
      codec: resolveCodec(),
      send: (_message, done) => taken.push(done),
    });
    stream.next(1);
    stream.next(2);
    const settled = jest.fn();
    const completed = stream.complete().then(settled);
    taken[1]!();
    await new Promise(setImmediate);
    expect(settled).not.toHaveBeenCalled();
    taken[0]!();
    await completed;
  });

  it('fails with the error of the first message that was refused, also of one refused long before the end', async () => {
    const refused = new Error('Not authorized');
    const stream = new ReplyStream(property, { codec: resolveCodec(), send: (_message, done) => done(refused) });
    stream.next(1);
    await new Promise(setImmediate);
    await expect(stream.complete()).rejects.toBe(refused);
  });

  it('is silent as long as nothing comes', () => {
    const send = jest.fn<ReplyWriter['send']>();
    const stream = new ReplyStream(property, { codec: resolveCodec(), send });
    NEVER.subscribe((value) => stream.next(value));
    expect(send).not.toHaveBeenCalled();
  });
});

describe("a reply to Nest's own client", () => {
  it('is none that its deserializer takes for a foreign payload', async () => {
    const { sent } = await answer(nest, of({ done: true }));
    const parsed: unknown = JSON.parse(sent[0]!.payload.toString());
    const { deserializer } = new ClientMqtt({}) as unknown as { deserializer: ProducerDeserializer };
    expect(await deserializer.deserialize(parsed)).toEqual({
      id: 'r1',
      response: { done: true },
      isDisposed: true,
    });
    expect(ClientMqtt.prototype.getResponsePattern('jobs/1')).toBe(sent[0]!.topic);
  });
});

describe('a reply of somebody else', () => {
  it('without the User Property is the last one', () => {
    const reply = decodeReply(inbound(TOPIC, { done: true }, { correlationData: Buffer.from('r1') }));
    expect({ id: reply?.id, ...reply?.read(resolveCodec()) }).toEqual({
      id: 'r1',
      response: { done: true },
      isDisposed: true,
    });
  });

  it.each([['no json'], ['[]'], ['null'], ['{"response":1}'], [Buffer.from([0xff])]])(
    'that names no request is nobody’s: %p',
    (payload) => {
      expect(decodeReply(inbound(TOPIC, payload))).toBeUndefined();
    },
  );
});

describe('isReply', () => {
  it.each(FORMS)('recognises every reply %s', async (_, target, protocolVersion) => {
    const values = concat(
      of(1, 'two', Buffer.from('three')),
      throwError(() => 'broken'),
    );
    const { sent } = await answer(target, values);
    const { sent: ends } = await answer(target, of());
    for (const message of [...sent, ...ends]) {
      const { topic, properties, payload } = delivered(message, protocolVersion);
      expect([payload.toString(), isReply(topic, properties, payload)]).toEqual([payload.toString(), true]);
    }
  });

  it('recognises a reply by its topic where a 3.1.1 worker gets it without properties', () => {
    expect(isReply(TOPIC, undefined, Buffer.from('"done"'))).toBe(true);
  });

  it('recognises an envelope of this library on any topic, where there are no properties', async () => {
    const { sent } = await answer({ ...envelope, topic: 'jobs/answers' }, of(1));
    const { topic, payload } = delivered(sent[0]!, 4);
    expect(isReply(topic, undefined, payload)).toBe(true);
  });

  it.each([
    { id: 'r1', response: 1, isDisposed: true },
    { id: 'r1', response: 1 },
    { id: 'r1', err: 'broken' },
    { id: 'r1', isDisposed: true },
    { id: 'r1', status: 'error', err: 'There is no matching message handler' },
  ])("recognises the reply %j of Nest's own server", (reply) => {
    expect(isReply('jobs/1/reply', undefined, Buffer.from(JSON.stringify(reply)))).toBe(true);
  });

  it.each<[string, unknown]>([
    ['jobs/1', { id: 'r1', response: 1, isDisposed: true }],
    ['jobs/1/reply', { id: 'r1', response: 1, colour: 'red' }],
    ['jobs/1/reply', { response: 1 }],
    ['jobs/1/reply', { id: 'r1' }],
    ['jobs/1/reply', { id: 'r1', isDisposed: false }],
    ['jobs/1/reply', 'text'],
    ['jobs/1/reply', '{broken'],
    ['jobs/1/reply', ''],
    ['jobs/1', { name: 'resize' }],
    ['jobs/1', { n: 1 }],
    ['jobs/reply/1', { id: 'r1', response: 1 }],
    ['nestjs-mqtt-shared/presence/1', {}],
  ])('leaves a job on %s alone: %j', (topic, job) => {
    const { payload } = inbound(topic, job);
    expect(isReply(topic, { userProperties: { colour: 'red' } }, payload)).toBe(false);
  });
});
