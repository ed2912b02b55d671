import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ClientProxy, ClientsModule, MqttRecordBuilder } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { ClientMQTTShared } from '../../lib/client/client-mqtt-shared.js';
import type { ClientMQTTSharedOptions } from '../../lib/client/client-options.js';
import { ClientClosedError } from '../../lib/errors/client-closed.error.js';
import { InvalidOptionError } from '../../lib/errors/invalid-option.error.js';
import { InvalidTopicNameError } from '../../lib/errors/invalid-topic-name.error.js';
import { InvalidUrlError } from '../../lib/errors/invalid-url.error.js';
import { NotConnectedError } from '../../lib/errors/not-connected.error.js';
import { OfflineQueueFullError } from '../../lib/errors/offline-queue-full.error.js';
import { PayloadEncodeError } from '../../lib/errors/payload-encode.error.js';
import { SubscriptionRefusedError } from '../../lib/errors/subscription-refused.error.js';
import { REPLY_TOPIC_PREFIX } from '../../lib/reply/reply-protocol.js';
import { ScriptedClient } from './scripted-client.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const clients: ClientMQTTShared[] = [];
let logged: string[] = [];

beforeEach(() => {
  logged = [];
  const note = (message: unknown): void => void logged.push(String(message));
  jest.spyOn(Logger.prototype, 'error').mockImplementation(note);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(note);
});

afterEach(async () => {
  jest.useRealTimers();
  for (const wire of clients.flatMap((client) => (client instanceof ScriptedClient ? client.wires : []))) wire.end();
  await Promise.all(clients.splice(0).map((client) => client.close()));
  jest.restoreAllMocks();
});

function scripted(options?: ClientMQTTSharedOptions): ScriptedClient {
  const client = new ScriptedClient(options);
  clients.push(client);
  return client;
}

async function connected(options?: ClientMQTTSharedOptions): Promise<ScriptedClient> {
  const client = scripted(options);
  await client.connect();
  return client;
}

/** What became of an Observable, noted as it happens. */
function watch(source: { subscribe: ClientProxyObservable['subscribe'] }) {
  const seen: { values: unknown[]; completed: boolean; error?: unknown; unsubscribe: () => void } = {
    values: [],
    completed: false,
    unsubscribe: () => subscription.unsubscribe(),
  };
  const subscription = source.subscribe({
    next: (value) => seen.values.push(value),
    complete: () => {
      seen.completed = true;
    },
    error: (error: unknown) => {
      seen.error = error;
    },
  });
  return seen;
}
type ClientProxyObservable = ReturnType<ClientProxy['send']>;

describe('emit', () => {
  it('publishes the data itself at QoS 1, and completes when the broker has taken it', async () => {
    const client = await connected();
    const outcome = watch(client.emit('jobs/1', { image: 42 }));
    expect(client.published).toEqual([
      { topic: 'jobs/1', payload: '{"image":42}', qos: 1, retain: false, properties: undefined },
    ]);
    expect(outcome.completed).toBe(false);
    client.current.sent[0]!.confirm();
    expect(outcome).toMatchObject({ values: [undefined], completed: true });
  });

  it('subscribes to nothing: only send needs somewhere for replies to arrive', async () => {
    const client = await connected();
    client.emit('jobs/1', 'data');
    expect(client.current.log).toEqual(['publish jobs/1']);
    client.current.sent[0]!.confirm();
    watch(client.send('jobs/1', 'data'));
    await turn();
    expect(client.current.log.filter((entry) => entry.startsWith('subscribe '))).not.toEqual([]);
  });

  it('does not wait for a subscriber, and a late one learns the outcome', async () => {
    const client = await connected();
    const emitted = client.emit('jobs/1', 'x');
    client.current.sent[0]!.confirm();
    await expect(lastValueFrom(emitted)).resolves.toBeUndefined();
    expect(client.published.map(({ payload }) => payload)).toEqual(['x']);
  });

  it('sends strings and bytes as they are', async () => {
    const client = await connected();
    const bytes = Buffer.from([0xff, 0]);
    client.emit('jobs/1', 'text');
    client.emit('jobs/1', bytes);
    expect(client.published.map(({ payload }) => payload)).toEqual(['text', bytes]);
  });

  it('writes what the data was when it was emitted', async () => {
    const client = scripted();
    const job = { image: 1 };
    client.emit('jobs/1', job);
    job.image = 2;
    await client.connect();
    expect(client.published.map(({ payload }) => payload)).toEqual(['{"image":1}']);
  });

  it('takes QoS, retain and properties from a record, and never its DUP flag', async () => {
    const client = await connected();
    const record = new MqttRecordBuilder({ a: 1 })
      .setQoS(2)
      .setRetain(true)
      .setDup(true)
      .setProperties({ contentType: 'application/json', userProperties: { colour: 'red' } })
      .build();
    client.emit('jobs/1', record);
    expect(client.published).toEqual([
      {
        topic: 'jobs/1',
        payload: '{"a":1}',
        qos: 2,
        retain: true,
        properties: { contentType: 'application/json', userProperties: { colour: 'red' } },
      },
    ]);
  });

  it('leaves properties out on 3.1.1', async () => {
    const client = await connected({ protocolVersion: 4 });
    client.emit('jobs/1', new MqttRecordBuilder(1).setProperties({ contentType: 'x' }).build());
    expect(client.published[0]!.properties).toBeUndefined();
  });

  it.each<[unknown, ClientMQTTSharedOptions, string]>([
    ['/jobs/1', {}, 'jobs/1'],
    ['//jobs/1', {}, 'jobs/1'],
    ['/jobs/1', { leadingSlash: 'keep' }, '/jobs/1'],
    [{ cmd: 'resize', a: 1 }, {}, '{"a":1,"cmd":"resize"}'],
    [7, {}, '7'],
    ['true', {}, 'true'],
    ['1.0', {}, '1.0'],
  ])('on the pattern %j with %j publishes to %j', async (pattern, options, topic) => {
    const client = await connected(options);
    client.emit(pattern, 1);
    expect(client.published.map((message) => message.topic)).toEqual([topic]);
  });

  it('uses the QoS of the options where a record says none', async () => {
    const client = await connected({ qos: 2 });
    client.emit('jobs/1', 1);
    client.emit('jobs/1', new MqttRecordBuilder(1).setRetain(true).build());
    client.emit('jobs/1', new MqttRecordBuilder(1).setQoS(0).build());
    expect(client.published.map(({ qos }) => qos)).toEqual([2, 2, 0]);
  });

  const UNUSABLE: [string, unknown][] = [
    ['a wildcard', 'jobs/+'],
    ['an empty topic', ''],
    ['a topic of slashes only', '//'],
    ['the filter of a shared subscription', '$share/workers/jobs/1'],
    ['a pattern that is no topic', true],
  ];

  it.each(UNUSABLE)('with %s errors without even connecting, and so does send', async (_, pattern) => {
    const client = scripted();
    await expect(lastValueFrom(client.emit(pattern, 1))).rejects.toBeInstanceOf(InvalidTopicNameError);
    await expect(lastValueFrom(client.send(pattern, 1))).rejects.toBeInstanceOf(InvalidTopicNameError);
    expect(client.opened).toEqual([]);
  });

  it('of data that JSON cannot hold errors, and so does send, and nothing is sent', async () => {
    const client = scripted();
    await expect(lastValueFrom(client.emit('jobs/1', 1n))).rejects.toBeInstanceOf(PayloadEncodeError);
    expect(client.opened).toEqual([]);
    await expect(lastValueFrom(client.send('jobs/1', 1n))).rejects.toBeInstanceOf(PayloadEncodeError);
    expect(client.published).toEqual([]);
  });

  it.each([
    [null, 1],
    ['jobs/1', undefined],
  ])("errors as Nest's own clients do for %j and %j", async (pattern, data) => {
    const message = 'The invalid data or message pattern (undefined/null)';
    await expect(lastValueFrom(scripted().emit(pattern, data))).rejects.toThrow(message);
    await expect(lastValueFrom(scripted().send(pattern, data))).rejects.toThrow(message);
  });

  it('logs an error that nobody subscribed for, and only then', async () => {
    const client = scripted();
    client.emit('jobs/+', 1);
    watch(client.emit('jobs/#', 1));
    await turn();
    expect(logged).toEqual([expect.stringContaining('"jobs/+"')]);
  });

  it('fails for lack of subscribers only where that was asked for', async () => {
    const optional = await connected();
    const indifferent = watch(optional.emit('jobs/1', 1));
    optional.current.sent[0]!.confirm(0x10);
    expect(indifferent.completed).toBe(true);

    const required = await connected({ requireSubscribers: true });
    const demanding = watch(required.emit('jobs/1', 1));
    required.current.sent[0]!.confirm(0x10);
    expect(demanding.error).toMatchObject({ code: 'PUBLISH', reasonCode: 0x10 });
  });

  it("works without the `createPacket` of Nest 12's base class, which Nest 11 has not", async () => {
    const client = await connected();
    const createPacket = Object.getOwnPropertyDescriptor(ClientProxy.prototype, 'createPacket');
    Reflect.deleteProperty(ClientProxy.prototype, 'createPacket');
    try {
      client.emit('jobs/1', { a: 1 });
    } finally {
      if (createPacket) Object.defineProperty(ClientProxy.prototype, 'createPacket', createPacket);
    }
    expect(client.published.map(({ payload }) => payload)).toEqual(['{"a":1}']);
  });

  it('lets a serializer write the whole packet', async () => {
    const client = await connected({ serializer: { serialize: (packet: unknown) => ({ wrapped: packet }) } });
    client.emit('jobs/1', new MqttRecordBuilder({ a: 1 }).setQoS(2).build());
    expect(client.published).toMatchObject([{ payload: '{"wrapped":{"pattern":"jobs/1","data":{"a":1}}}', qos: 2 }]);
  });
});

// Nest 11 has no dispatch hooks.
if ('setOnDispatchHook' in ClientProxy.prototype) {
  describe('a dispatch hook', () => {
    it('attaches User Properties to what is emitted', async () => {
      const client = await connected();
      client.setOnDispatchHook((packet) => {
        packet.metadata = { traceparent: '00-ab' };
      });
      client.emit('jobs/1', new MqttRecordBuilder(1).setProperties({ userProperties: { colour: 'red' } }).build());
      client.emit('jobs/1', 2);
      expect(client.published.map(({ properties }) => properties)).toEqual([
        { userProperties: { traceparent: '00-ab', colour: 'red' } },
        { userProperties: { traceparent: '00-ab' } },
      ]);
    });
  });
}

describe('connecting', () => {
  it('happens with the first use, once for all, with a clean session that ends with the connection', async () => {
    const client = scripted({ clientId: 'publisher-1' });
    expect(client.opened).toEqual([]);
    client.emit('jobs/1', 1);
    client.emit('jobs/1', 2);
    await client.connect();
    expect(client.opened).toEqual([
      expect.objectContaining({ clientId: 'publisher-1', clean: true, sessionExpiryInterval: 0, protocolVersion: 5 }),
    ]);
    expect(client.current.payloads).toEqual(['1', '2']);
  });

  it('gives each client a Client Identifier of its own', async () => {
    const [a, b] = [await connected(), await connected()];
    expect(a.opened[0]!.clientId).not.toBe(b.opened[0]!.clientId);
  });

  it('errors what waits when the first connection fails, and tries again with the next use', async () => {
    const client = scripted();
    const refused = new Error('bad user name or password');
    client.next = refused;
    const emitted = watch(client.emit('jobs/1', 1));
    const asked = watch(client.send('jobs/1', 2));
    await expect(client.connect()).rejects.toBe(refused);
    await turn();
    expect([emitted.error, asked.error]).toEqual([refused, refused]);
    await expect(firstValueFrom(client.status)).resolves.toBe('disconnected');

    client.next = {};
    client.emit('jobs/1', 3);
    await client.connect();
    expect(client.current.payloads).toEqual(['3']);
  });

  it('holds no more messages than the offline queue allows, from the first moment', async () => {
    const client = scripted({ offlineQueue: 2 });
    const outcomes = [1, 2, 3].map((n) => watch(client.emit('jobs/1', n)));
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, expect.any(OfflineQueueFullError)]);
    await client.connect();
    expect(client.current.payloads).toEqual(['1', '2']);
  });

  it('reports its status, and each connection, to who asks', async () => {
    const client = scripted();
    const statuses: string[] = [];
    client.status.subscribe((status) => statuses.push(status));
    const events: string[] = [];
    client.on('connect', () => events.push('connect'));
    client.on('disconnect', ({ error }) => events.push(`disconnect: ${error?.message}`));
    client.on('close', () => events.push('close'));
    expect(() => client.unwrap()).toThrow(NotConnectedError);
    await client.connect();
    expect(client.unwrap()).toBe(client.current.native);
    client.current.end(new Error('cut'));
    expect(() => client.unwrap()).toThrow(NotConnectedError);
    await client.close();
    expect(statuses).toEqual(['connected', 'reconnecting', 'closed']);
    expect(events).toEqual(['connect', 'disconnect: cut', 'close']);
  });
});

describe('a lost connection', () => {
  it('is opened again, what was unconfirmed is sent again, and what was emitted meanwhile follows', async () => {
    const client = await connected();
    const outcomes = ['a', 'b', 'c'].map((payload) => watch(client.emit('jobs/1', payload)));
    client.current.sent[1]!.confirm();
    client.current.end();
    outcomes.push(watch(client.emit('jobs/1', 'd')));
    await reconnected(client);
    expect(client.current.payloads).toEqual(['a', 'c', 'd']);
    for (const sent of client.current.sent) sent.confirm();
    expect(outcomes.map(({ completed }) => completed)).toEqual([true, true, true, true]);
  });

  it('keeps requests: reply topics are subscribed again before anything is published', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 'a'));
    await turn();
    client.current.end();
    await reconnected(client);
    expect(client.current.log).toEqual([
      expect.stringContaining(`subscribe ${REPLY_TOPIC_PREFIX}`),
      'subscribe jobs/1/reply',
      'publish jobs/1',
    ]);
    answer(client, 0, '"done"');
    expect(asked).toMatchObject({ values: ['done'], completed: true });
  });

  it('errors requests when the new connection refuses their reply topic, and publishes all the same', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 'a'));
    await turn();
    client.current.sent[0]!.confirm();
    client.next = { subacks: { [replyTopic(client)]: 0x87 } };
    client.current.end();
    const emitted = watch(client.emit('jobs/2', 'b'));
    await reconnected(client);
    expect(asked.error).toBeInstanceOf(SubscriptionRefusedError);
    client.current.sent[0]!.confirm();
    expect(emitted.completed).toBe(true);
  });
});

describe('a connection that ends while reply topics are subscribed again', () => {
  it('counts for nothing: the next one carries the request', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 'a'));
    await turn();
    let attempts = 0;
    client.prepare = (wire) => {
      if (attempts++ > 0) return;
      wire.onSubscribe = () => {
        wire.end();
        return Promise.reject(new Error('ended before SUBACK'));
      };
    };
    const statuses: string[] = [];
    client.status.subscribe((status) => statuses.push(status));
    client.current.end();
    await reconnected(client);
    expect(client.wires.map(({ payloads }) => payloads.length)).toEqual([1, 0, 1]);
    expect(statuses).toEqual(['connected', 'reconnecting', 'connected']);
    answer(client, 0, '"done"');
    expect(asked).toMatchObject({ values: ['done'], completed: true });
  });
});

async function reconnected(client: ScriptedClient): Promise<void> {
  await new Promise<void>((resolve) => client.on('connect', resolve));
}

function replyTopic(client: ScriptedClient): string {
  return client.published.find(({ properties }) => properties?.responseTopic)!.properties!.responseTopic!;
}

/** A reply to the message that was published as number `index` on the current connection. */
function answer(client: ScriptedClient, index: number, payload: string | Buffer, kind?: string): void {
  const { properties } = client.current.sent[index]!.message;
  client.current.deliver({
    topic: properties!.responseTopic!,
    payload: Buffer.from(payload as string),
    properties: {
      correlationData: properties!.correlationData,
      ...(kind !== undefined && { userProperties: { 'nest-reply': kind } }),
    },
  });
}

describe('send', () => {
  it('sends nothing until it is subscribed to, and asks anew for each subscription', async () => {
    const client = await connected();
    const asking = client.send('jobs/1', 1);
    await turn();
    expect(client.published).toEqual([]);
    watch(asking);
    watch(asking);
    await turn();
    const ids = client.published.map(({ properties }) => properties?.correlationData?.toString());
    expect(new Set(ids).size).toBe(2);
  });

  it("on 5.0 asks with Response Topic and Correlation Data around Nest's envelope", async () => {
    const client = await connected();
    watch(client.send('jobs/1', { image: 42 }));
    await turn();
    const [request] = client.published;
    const id = request!.properties!.correlationData!.toString();
    expect(request).toMatchObject({ topic: 'jobs/1', qos: 1, properties: { responseTopic: replyTopic(client) } });
    expect(JSON.parse(request!.payload.toString())).toEqual({ pattern: 'jobs/1', data: { image: 42 }, id });
    expect(replyTopic(client)).toMatch(new RegExp(`^${REPLY_TOPIC_PREFIX}[^/]+$`));
  });

  it('on 3.1.1 asks with an envelope that says where to answer', async () => {
    const client = await connected({ protocolVersion: 4 });
    const asked = watch(client.send('jobs/1', { image: 42 }));
    await turn();
    const { id, replyTo } = JSON.parse(client.published[0]!.payload.toString()) as { id: string; replyTo: string };
    expect(client.published[0]!.properties).toBeUndefined();
    expect(client.current.log).toContain(`subscribe ${replyTo}`);
    const reply = { id, response: { done: true }, isDisposed: true };
    client.current.deliver({ topic: replyTo, payload: Buffer.from(JSON.stringify(reply)) });
    expect(asked).toMatchObject({ values: [{ done: true }], completed: true });
  });

  it('subscribes before it publishes, and not again once it has', async () => {
    const client = await connected();
    watch(client.send('jobs/1', 1));
    await turn();
    answer(client, 0, '1');
    watch(client.send('jobs/1', 2));
    await turn();
    expect(client.current.log).toEqual([
      `subscribe ${replyTopic(client)}`,
      'subscribe jobs/1/reply',
      'publish jobs/1',
      'publish jobs/1',
    ]);
  });

  it('emits several values and completes with the last', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    answer(client, 0, '"a"', 'next');
    answer(client, 0, '"b"', 'next');
    expect(asked).toMatchObject({ values: ['a', 'b'], completed: false });
    answer(client, 0, '"c"', 'last');
    expect(asked).toMatchObject({ values: ['a', 'b', 'c'], completed: true });
  });

  it('completes without a value where there is none', async () => {
    const client = await connected();
    const asked = lastValueFrom(client.send('jobs/1', 1).pipe(toArray()));
    await turn();
    answer(client, 0, '', 'complete');
    await expect(asked).resolves.toEqual([]);
  });

  it('errors with what the worker said', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    answer(client, 0, '{"status":"error","message":"no such image"}', 'error');
    expect(asked.error).toEqual({ status: 'error', message: 'no such image' });
  });

  it('errors when the reply cannot be decoded', async () => {
    const client = await connected({ codec: 'json' });
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    answer(client, 0, 'no json', 'last');
    expect(asked.error).toMatchObject({ code: 'PAYLOAD_DECODE' });
  });

  it('errors when the broker refuses the request', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    client.current.sent[0]!.refuse(0x87);
    expect(asked.error).toMatchObject({ code: 'PUBLISH', reasonCode: 0x87 });
  });

  it('acknowledges replies, also those that nobody waits for', async () => {
    const client = await connected();
    const acknowledge = jest.spyOn(client.current, 'acknowledge');
    client.current.deliver({ topic: `${REPLY_TOPIC_PREFIX}x`, qos: 1, packetId: 7 });
    expect(acknowledge).toHaveBeenCalledWith({ packetId: 7, qos: 1, reasonCode: 0 });
  });

  it('forgets the request when it is unsubscribed: what comes late is dropped', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    asked.unsubscribe();
    answer(client, 0, '1', 'last');
    expect(asked).toMatchObject({ values: [], completed: false });
  });

  it('publishes nothing when it is unsubscribed before its reply topic is', async () => {
    const client = await connected();
    let granted!: (codes: number[]) => void;
    client.current.onSubscribe = () => new Promise((resolve) => (granted = resolve));
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    asked.unsubscribe();
    granted([1, 1]);
    await turn();
    expect(client.published).toEqual([]);
  });

  it('goes on without <topic>/reply where that is refused, and says so once', async () => {
    const client = scripted();
    client.next = { subacks: { 'jobs/1/reply': 0x87, 'jobs/2/reply': 0x87 } };
    for (const topic of ['jobs/1', 'jobs/2', 'jobs/1']) watch(client.send(topic, 1));
    await turn();
    await turn();
    expect(client.current.topics.toSorted()).toEqual(['jobs/1', 'jobs/1', 'jobs/2']);
    expect(client.current.log.filter((entry) => entry === 'subscribe jobs/1/reply')).toHaveLength(1);
    expect(logged).toEqual([expect.stringMatching(/"jobs\/1\/reply" with 0x87/)]);
  });

  it('errors where its own reply topic is refused, publishes nothing, and asks again the next time', async () => {
    const client = await connected();
    let code = 0x87;
    client.current.onSubscribe = async (all) =>
      all.map(({ filter }) => (filter.startsWith(REPLY_TOPIC_PREFIX) ? code : 1));
    const refused = watch(client.send('jobs/1', 1));
    await turn();
    expect(refused.error).toBeInstanceOf(SubscriptionRefusedError);
    expect(client.published).toEqual([]);
    code = 1;
    watch(client.send('jobs/1', 2));
    await turn();
    expect(client.published).toHaveLength(1);
  });

  it('lets a serializer write the request and a deserializer read the reply', async () => {
    const client = await connected({
      serializer: { serialize: (packet: unknown) => `x${JSON.stringify(packet)}` },
      deserializer: {
        deserialize: (value: string) => ({ ...(JSON.parse(value.slice(1)) as { id: string }), isDisposed: true }),
      },
    });
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    const { id } = JSON.parse(client.published[0]!.payload.toString().slice(1)) as { id: string };
    client.current.deliver({
      topic: 'jobs/1/reply',
      payload: Buffer.from(`x${JSON.stringify({ id, response: 'y' })}`),
    });
    await turn();
    expect(asked).toMatchObject({ values: ['y'], completed: true });
  });
});

describe('close', () => {
  it('waits for what is on its way, then disconnects', async () => {
    const client = await connected();
    const emitted = watch(client.emit('jobs/1', 1));
    const closed = client.close();
    await turn();
    expect(client.current.log).not.toContain('disconnect');
    client.current.sent[0]!.confirm();
    await closed;
    expect(emitted.completed).toBe(true);
    expect(client.current.log).toContain('disconnect');
  });

  it('sends what was emitted before the first connection was up', async () => {
    const client = scripted();
    const emitted = watch(client.emit('jobs/1', 1));
    const closed = client.close();
    await turn();
    client.current.sent[0]!.confirm();
    await closed;
    expect(emitted.completed).toBe(true);
  });

  it('ends within 5 s, also while a first connection is being opened', async () => {
    jest.useFakeTimers();
    const client = scripted();
    client.next = new Promise(() => {});
    const emitted = watch(client.emit('jobs/1', 1));
    const closed = client.close();
    await jest.advanceTimersByTimeAsync(5_000);
    await closed;
    expect(emitted.error).toBeInstanceOf(ClientClosedError);
  });

  it('errors requests that were not answered, and everything sent afterwards, and never connects again', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    client.current.sent[0]!.confirm();
    await client.close();
    expect(asked.error).toBeInstanceOf(ClientClosedError);
    await expect(lastValueFrom(client.emit('jobs/1', 1))).rejects.toBeInstanceOf(ClientClosedError);
    await expect(lastValueFrom(client.send('jobs/1', 1))).rejects.toBeInstanceOf(ClientClosedError);
    await expect(client.connect()).rejects.toBeInstanceOf(ClientClosedError);
    expect(client.wires).toHaveLength(1);
  });

  it('may be called twice, and by a client that was never used', async () => {
    const client = scripted();
    await Promise.all([client.close(), client.close()]);
    expect(client.opened).toEqual([]);
  });
});

describe('options', () => {
  it.each<[ClientMQTTSharedOptions, new (...args: never[]) => Error]>([
    [{ requireSubscribers: true, protocolVersion: 4 }, InvalidOptionError],
    [{ requireSubscribers: true, qos: 0 }, InvalidOptionError],
    [{ qos: 3 as 2 }, InvalidOptionError],
    [{ protocolVersion: 3 as 4 }, InvalidOptionError],
    [{ leadingSlash: 'no' as 'keep' }, InvalidOptionError],
    [{ offlineQueue: -1 }, InvalidOptionError],
    [{ codec: 'xml' as 'json' }, InvalidOptionError],
    [{ url: 'localhost' }, InvalidUrlError],
  ])('%j are refused by the constructor', (options, type) => {
    expect(() => new ClientMQTTShared(options)).toThrow(type);
  });

  it('reach the client through register and registerAsync, whose module closes it', async () => {
    const module = await Test.createTestingModule({
      imports: [
        ClientsModule.register([{ name: 'A', customClass: ScriptedClient, options: { clientId: 'a' } }]),
        ClientsModule.registerAsync([
          { name: 'B', useFactory: async () => ({ customClass: ScriptedClient, options: { clientId: 'b' } }) },
        ]),
      ],
    }).compile();
    const [a, b] = [module.get<ScriptedClient>('A'), module.get<ScriptedClient>('B')];
    clients.push(a, b);
    await Promise.all([a.connect(), b.connect()]);
    expect([a, b].map(({ opened }) => opened[0]!.clientId)).toEqual(['a', 'b']);
    await module.close();
    expect([a, b].map(({ current }) => current.log)).toEqual([['disconnect'], ['disconnect']]);
  });
});
