import { describe, expect, it, jest } from '@jest/globals';
import { ClientProxy, ClientsModule, MqttRecordBuilder } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { lastValueFrom } from 'rxjs';
import { ClientMQTTShared } from '../../lib/client/client-mqtt-shared.js';
import type { ClientMQTTSharedOptions } from '../../lib/client/client-options.js';
import { ClientClosedError } from '../../lib/errors/client-closed.error.js';
import { InvalidOptionError } from '../../lib/errors/invalid-option.error.js';
import { InvalidTopicNameError } from '../../lib/errors/invalid-topic-name.error.js';
import { InvalidUrlError } from '../../lib/errors/invalid-url.error.js';
import { PayloadEncodeError } from '../../lib/errors/payload-encode.error.js';
import { ScriptedClient } from './scripted-client.js';
import { clients, clientsForEachTest, connected, logged, scripted, turn, watch } from './scripted-clients.js';

clientsForEachTest();

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
    [{ requireSubscriber: true } as never, InvalidOptionError],
    [{ concurrency: 4 } as never, InvalidOptionError],
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
