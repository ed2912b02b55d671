import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type BrokerEventMap, EmbeddedBroker, type EmbeddedBrokerOptions } from 'nestjs-mqtt-shared/testing';

import { RawClient, type RawOptions } from '../support/raw-client.js';

describe('The embedded broker', () => {
  let broker: EmbeddedBroker;

  afterEach(() => broker.close());

  async function start(options?: EmbeddedBrokerOptions): Promise<void> {
    broker = new EmbeddedBroker(options);
    await broker.listen();
  }

  const connect = (options: Partial<RawOptions> = {}): Promise<RawClient> =>
    RawClient.connect(broker.url, { protocolVersion: 5, clientId: 'client', ...options });

  /** The Reason Code with which the broker ended the connection. */
  async function ending(client: RawClient): Promise<number | undefined> {
    await client.closed;
    const told = client.packets.find(({ cmd }) => cmd === 'disconnect');
    return told?.cmd === 'disconnect' ? told.reasonCode : undefined;
  }

  describe('listens', () => {
    test('on a free port of 127.0.0.1 and tells its url', async () => {
      await start();
      expect(broker.url).toBe(`mqtt://127.0.0.1:${broker.port}`);
      expect(broker.port).toBeGreaterThan(0);
    });

    test('nowhere when the port is taken, and says so', async () => {
      await start();
      await expect(new EmbeddedBroker({ port: broker.port }).listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    });

    test('until it is closed, which ends every connection and can be done twice', async () => {
      await start();
      const client = await connect({ will: { topic: 'will', payload: 'gone' } });
      const published: string[] = [];
      broker.on('publish', ({ topic }) => published.push(topic));
      await broker.close();
      await broker.close();

      expect(await ending(client)).toBe(0x8b);
      expect(published).toEqual([]);
      await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });
  });

  describe('says in CONNACK', () => {
    test('who it is, and nothing about limits that it does not have', async () => {
      await start();
      const { connack } = await connect();
      const userProperties = { server: 'nestjs-mqtt-shared/testing' };
      expect([connack.reasonCode, connack.properties]).toEqual([0, { userProperties }]);
    });

    test('which limits it has', async () => {
      await start({
        receiveMaximum: 7,
        maximumQoS: 1,
        maximumPacketSize: 1000,
        retainAvailable: false,
        sharedSubscriptions: false,
      });
      expect((await connect()).connack.properties).toMatchObject({
        receiveMaximum: 7,
        maximumQoS: 1,
        maximumPacketSize: 1000,
        retainAvailable: false,
        sharedSubscriptionAvailable: false,
      });
    });

    test('which client identifier it has assigned', async () => {
      await start();
      const assigned = (await connect({ clientId: '' })).connack.properties?.assignedClientIdentifier;
      expect(broker.clients.map(({ clientId }) => clientId)).toEqual([assigned]);
    });

    test('on 3.1.1 that it wants an identifier for a session that is to be kept', async () => {
      await start();
      const client = await RawClient.open(broker.url, { protocolVersion: 4, clientId: '' });
      // CONNECT with an empty Client Identifier and Clean Session 0, which no encoder would write
      client.write(Buffer.from('100c00044d515454040000000000', 'hex'));
      expect(await client.waitFor(({ cmd }) => cmd === 'connack')).toMatchObject({ returnCode: 2 });
      await client.closed;
    });

    test.each([
      [3, '100f00064d51497364700300000000' + '0161', '20020001'],
      [6, '100e00044d515454060200000000' + '000161', '2003008400'],
    ])(
      'that it does not speak version %i, in words of the nearest that it does',
      async (_version, connectHex, answerHex) => {
        await start();
        const bytes = Buffer.from(connectHex, 'hex');
        bytes.writeUInt8(bytes.length - 2, 1);
        const client = await RawClient.open(broker.url, {
          protocolVersion: answerHex.length === 8 ? 4 : 5,
          clientId: '',
        });
        client.write(bytes);
        const connack = await client.waitFor(({ cmd }) => cmd === 'connack');
        await client.closed;

        expect(connack).toMatchObject(answerHex.length === 8 ? { returnCode: 1 } : { reasonCode: 0x84 });
      },
    );

    test.each([
      [true, 0, 0],
      [0, 0, 0],
      [false, 0x86, 4],
      [0x87, 0x87, 5],
      [0x88, 0x88, 3],
      [0x97, 0x97, 5],
    ])('what authenticate means by %p', async (answer, reasonCode, returnCode) => {
      const asked: unknown[] = [];
      await start({
        authenticate: (client) => {
          asked.push(client);
          return answer;
        },
      });
      const password = Buffer.from('secret');
      const five = await connect({ username: 'me', password });
      const four = await connect({ protocolVersion: 4, clientId: 'older' });

      expect(five.connack.reasonCode).toBe(reasonCode);
      expect(four.connack.returnCode).toBe(returnCode);
      expect(asked).toEqual([
        { clientId: 'client', username: 'me', password },
        { clientId: 'older', username: undefined, password: undefined },
      ]);
    });
  });

  describe('ends a connection', () => {
    const publish = {
      cmd: 'publish',
      topic: 'a',
      payload: 'x',
      qos: 1,
      dup: false,
      retain: false,
      messageId: 1,
    } as const;

    test.each([
      ['a topic with a wildcard', { ...publish, topic: 'a/+' }, 0x90],
      ['an empty topic', { ...publish, topic: '' }, 0x90],
      ['a topic alias', { ...publish, properties: { topicAlias: 1 } }, 0x94],
      ['a packet identifier of 0', { ...publish, messageId: 0 }, 0x82],
      ['a second CONNECT', { cmd: 'connect', clientId: 'client', protocolVersion: 5 } as const, 0x82],
      ['a packet that only servers send', { cmd: 'pingresp' } as const, 0x82],
      ['QoS 2 where the most is 1', { ...publish, qos: 2 } as const, 0x9b],
      ['RETAIN where it is not available', { ...publish, retain: true }, 0x9a],
      ['a packet that is too large', { ...publish, payload: 'x'.repeat(1000) }, 0x95],
    ])('for %s', async (_what, packet, reasonCode) => {
      await start({ maximumQoS: 1, retainAvailable: false, maximumPacketSize: 1000 });
      const client = await connect();
      client.send(packet);
      expect(await ending(client)).toBe(reasonCode);
    });

    test.each([4, 5] as const)('of version %i that sends what is no packet', async (protocolVersion) => {
      await start();
      const client = await connect({ protocolVersion });
      client.write(Buffer.from([0x82 & 0xf0, 0x00])); // SUBSCRIBE with the wrong flags
      expect(await ending(client)).toBe(protocolVersion === 5 ? 0x81 : undefined);
    });

    test('that begins with anything but CONNECT', async () => {
      await start();
      const client = await RawClient.open(broker.url, { protocolVersion: 5, clientId: '' });
      client.send({ cmd: 'pingreq' });
      await client.closed;
      expect(client.packets).toEqual([]);
    });

    test('of a publisher that has more under way than the Receive Maximum, and only of such a one', async () => {
      await start({ receiveMaximum: 3 });
      const client = await connect();
      for (let i = 0; i < 10; i++) await client.publish('a', `${i}`, { qos: i % 2 ? 1 : 2 });

      const release = broker.withhold(({ cmd }) => cmd === 'puback');
      for (let i = 0; i < 3; i++) client.sendPublish('a', `${i}`);
      await client.ping();
      release();
      for (let i = 0; i < 4; i++) client.sendPublish('a', `${i}`, { qos: 2 });
      expect(await ending(client)).toBe(0x93);
    });

    test('so that the client sees why, even when it was still sending', async () => {
      await start({ maximumQoS: 0 });
      const client = await connect();
      client.send(publish);
      client.write(Buffer.alloc(4 * 1024 * 1024));
      expect(await ending(client)).toBe(0x9b);
      expect(client.error).toBeUndefined();
    });

    test('that is silent for longer than 1.5 times its Keep Alive', async () => {
      await start();
      const client = await connect({ keepalive: 1 });
      const started = performance.now();
      expect(await ending(client)).toBe(0x8d);
      expect(performance.now() - started).toBeGreaterThan(1300);
    });
  });

  describe('leaves out', () => {
    test('what is larger than the client allows, and says so', async () => {
      await start();
      const dropped: BrokerEventMap['drop'][] = [];
      broker.on('drop', (drop) => dropped.push(drop));
      const client = await connect({ properties: { maximumPacketSize: 100 } });
      await client.subscribe('a');
      await broker.publish('a', 'x'.repeat(200), { qos: 1 });
      await broker.publish('a', 'small', { qos: 1 });
      await client.waitForPublishes(1);

      expect(client.payloads).toEqual(['small']);
      expect(dropped).toMatchObject([{ clientId: 'client', reason: 'too-large' }]);
    });

    test('what comes beyond maxQueuedMessages, the newest first, and says so', async () => {
      await start({ maxQueuedMessages: 2 });
      const dropped: string[] = [];
      broker.on('drop', ({ reason, payload }) => dropped.push(`${reason} ${payload.toString()}`));
      const session = { clean: false, properties: { sessionExpiryInterval: 600 } };
      const client = await connect(session);
      await client.subscribe('a');
      await client.disconnect();
      for (const payload of ['1', '2', '3']) await broker.publish('a', payload, { qos: 1 });
      const back = await connect(session);
      await back.waitForPublishes(2);

      expect(back.payloads).toEqual(['1', '2']);
      expect(dropped).toEqual(['queue-full 3']);
    });

    test('shared subscriptions on request', async () => {
      await start({ sharedSubscriptions: false });
      expect(await (await connect()).subscribe('$share/g/a')).toEqual([0x9e]);
      expect(await (await connect({ protocolVersion: 4, clientId: 'older' })).subscribe('$share/g/a')).toEqual([0x80]);
    });

    test('QoS above the maximum in what it grants', async () => {
      await start({ maximumQoS: 1 });
      expect(await (await connect()).subscribe('a', { qos: 2 })).toEqual([1]);
    });
  });

  describe('keeps time', () => {
    const session = (sessionExpiryInterval: number) => ({ clean: false, properties: { sessionExpiryInterval } });

    afterEach(() => void jest.useRealTimers());

    function freeze(): void {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    }

    test('until a session expires', async () => {
      await start();
      freeze();
      await (await connect(session(60))).disconnect();
      jest.advanceTimersByTime(59_000);
      await (await connect(session(60))).disconnect();
      jest.advanceTimersByTime(59_000);
      expect(broker.clients).toHaveLength(1);
      jest.advanceTimersByTime(2_000);
      expect(broker.clients).toEqual([]);
    });

    test('without end for a session that does not expire', async () => {
      await start();
      freeze();
      await (await connect(session(0xff_ff_ff_ff))).disconnect();
      await (await connect({ protocolVersion: 4, clientId: 'older', clean: false })).disconnect();
      jest.advanceTimersByTime(1000 * 60 * 60 * 24 * 365);
      expect(broker.clients.map(({ clientId }) => clientId)).toEqual(['client', 'older']);
    });

    test('with the interval that DISCONNECT sets', async () => {
      await start();
      freeze();
      await (await connect(session(60))).disconnect({ properties: { sessionExpiryInterval: 600 } });
      jest.advanceTimersByTime(599_000);
      expect(broker.clients).toHaveLength(1);
      jest.advanceTimersByTime(2_000);
      expect(broker.clients).toEqual([]);
    });

    test('of a will, which comes no later than the end of its session', async () => {
      await start();
      freeze();
      const wills: string[] = [];
      broker.on('publish', ({ topic }) => wills.push(topic));
      const properties = { willDelayInterval: 600 };
      const client = await connect({ ...session(60), will: { topic: 'will', payload: 'gone', properties } });
      broker.cut('client');
      await client.closed;
      jest.advanceTimersByTime(59_000);
      expect(wills).toEqual([]);
      jest.advanceTimersByTime(1_000);
      expect(wills).toEqual(['will']);
    });

    test('of a message: what has expired is not delivered, the rest with what is left', async () => {
      await start();
      freeze();
      const client = await connect(session(600));
      await client.subscribe('a');
      await client.disconnect();
      await broker.publish('a', 'short', { qos: 1, properties: { messageExpiryInterval: 5 } });
      await broker.publish('a', 'long', { qos: 1, properties: { messageExpiryInterval: 30 } });
      jest.advanceTimersByTime(10_000);
      const back = await connect(session(600));
      const long = await back.waitForPayload('long');

      expect(back.payloads).toEqual(['long']);
      expect(long.properties?.messageExpiryInterval).toBe(20);
    });
  });

  describe('tells its listeners', () => {
    test('what happens, in order', async () => {
      await start();
      const events: string[] = [];
      broker.on('connect', ({ clientId, sessionPresent }) => events.push(`connect ${clientId} ${sessionPresent}`));
      broker.on('subscribe', ({ filter, reasonCode }) => events.push(`subscribe ${filter} ${reasonCode}`));
      broker.on('publish', ({ topic, publisher }) => events.push(`publish ${topic} ${publisher}`));
      broker.on('deliver', ({ topic, share, packetId }) => events.push(`deliver ${topic} ${share} ${packetId}`));
      broker.on('acknowledge', ({ topic, qos, packetId }) => events.push(`acknowledge ${topic} ${qos} ${packetId}`));
      broker.on('unsubscribe', ({ filter, reasonCode }) => events.push(`unsubscribe ${filter} ${reasonCode}`));
      broker.on('disconnect', ({ clientId, reasonCode }) => events.push(`disconnect ${clientId} ${reasonCode}`));

      const client = await connect();
      await client.subscribe('$share/g/+', { qos: 2 });
      await client.publish('a', 'x', { qos: 2 });
      await client.waitFor(({ cmd }) => cmd === 'pubrel');
      await client.unsubscribe('$share/g/+');
      await client.disconnect();

      expect(events).toEqual([
        'connect client false',
        'subscribe $share/g/+ 2',
        'publish a client',
        'deliver a $share/g/+ 1',
        'acknowledge a 2 1',
        'unsubscribe $share/g/+ 0',
        'disconnect client 0',
      ]);
    });

    test('nothing more after they have unsubscribed', async () => {
      await start();
      const topics: string[] = [];
      const stop = broker.on('publish', ({ topic }) => topics.push(topic));
      await broker.publish('first', '');
      stop();
      await broker.publish('second', '');

      expect(topics).toEqual(['first']);
    });
  });

  test('refuses to publish to what is no topic', async () => {
    await start();
    await expect(broker.publish('a/#', 'x')).rejects.toMatchObject({ code: 'INVALID_TOPIC_NAME' });
  });

  test('hands out a backlog of 5,000 messages completely and in order', async () => {
    await start();
    const session = { clean: false, properties: { sessionExpiryInterval: 600, receiveMaximum: 50 } };
    const client = await connect(session);
    await client.subscribe('$share/g/jobs/#');
    await client.disconnect();
    const sent = Array.from({ length: 5_000 }, (_, i) => `${i}`);
    for (const payload of sent) await broker.publish('jobs/a', payload, { qos: 1 });
    const acknowledged = new Promise<void>((resolve) => {
      broker.on('acknowledge', ({ payload }) => {
        if (payload.toString() === sent.at(-1)) resolve();
      });
    });
    const back = await connect(session);
    await acknowledged;

    expect(back.payloads).toEqual(sent);
    expect(broker.clients).toMatchObject([{ inFlight: [], queued: 0 }]);
  });
});

test('A behaviour that there is not is refused by name', () => {
  expect(() => new EmbeddedBroker({ behaviour: 'mosqito' as 'mosquitto' })).toThrow(/'mosqito'.*mosquitto, hivemq/);
});
