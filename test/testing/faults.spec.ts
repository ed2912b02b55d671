import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EmbeddedBroker, type Packet, UnknownClientError } from 'nestjs-mqtt-shared/testing';

import { RawClient, type RawOptions } from '../support/raw-client.js';

describe.each([4, 5] as const)('Faults of the embedded broker, protocol version %i', (protocolVersion) => {
  let broker: EmbeddedBroker;

  beforeEach(async () => {
    broker = new EmbeddedBroker();
    await broker.listen();
  });
  afterEach(() => broker.close());

  const connect = (clientId: string, options: Partial<RawOptions> = {}): Promise<RawClient> =>
    RawClient.connect(broker.url, {
      protocolVersion,
      clientId,
      clean: false,
      ...options,
      properties: protocolVersion === 5 ? { sessionExpiryInterval: 600 } : undefined,
    });

  async function worker(options: Partial<RawOptions> = {}): Promise<RawClient> {
    const client = await connect('worker', { acknowledge: false, ...options });
    await client.subscribe('jobs/#');
    return client;
  }

  async function publish(...payloads: string[]): Promise<void> {
    for (const payload of payloads) await broker.publish('jobs/a', payload, { qos: 1 });
  }

  const isPublish = ({ cmd }: Packet): boolean => cmd === 'publish';
  const snapshot = () => broker.clients.find(({ clientId }) => clientId === 'worker');

  describe('cut', () => {
    test('ends the connection and keeps the session with what it holds', async () => {
      const client = await worker();
      await publish('job');
      const sent = await client.waitForPayload('job');
      broker.cut('worker');
      await client.closed;

      expect(client.packets.filter(({ cmd }) => cmd === 'disconnect')).toEqual([]);
      expect(snapshot()).toMatchObject({ connected: false, inFlight: [sent.messageId], subscriptions: ['jobs/#'] });
    });

    test.each(['cut', 'silence', 'unsilence', 'resend', 'expireSession'] as const)(
      'and %s say so when there is no such client',
      (fault) => {
        expect(() => broker[fault]('nobody')).toThrow(UnknownClientError);
        expect(() => broker[fault]('nobody')).toThrow(/"nobody"/);
      },
    );
  });

  describe('silence', () => {
    test('leaves the client with an open connection on which nothing is answered', async () => {
      const client = await worker();
      broker.silence('worker');
      await publish('job');
      client.send({ cmd: 'pingreq' });
      await (await connect('other')).ping();

      expect(client.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'suback']);
      expect(snapshot()?.connected).toBe(true);
    });

    test('ends with unsilence, which sends what has gathered and reads on', async () => {
      const client = await worker();
      broker.silence('worker');
      await publish('1', '2');
      client.send({ cmd: 'pingreq' });
      broker.unsilence('worker');
      await client.waitFor(({ cmd }) => cmd === 'pingresp');

      expect(client.payloads).toEqual(['1', '2']);
    });

    test('does not keep a second connection from taking over', async () => {
      const client = await worker();
      broker.silence('worker');
      await publish('job');
      const second = await connect('worker');
      await second.waitForPayload('job');
      await client.closed;

      expect(client.publishes).toEqual([]);
    });
  });

  describe('withhold', () => {
    test('keeps what matches until it is released, in order, and lets the rest pass', async () => {
      const client = await worker();
      const release = broker.withhold((packet, clientId) => clientId === 'worker' && isPublish(packet));
      await publish('1', '2');
      await client.ping();
      expect(client.publishes).toEqual([]);
      expect(release.held.map(({ clientId, packet }) => [clientId, packet.cmd])).toEqual([
        ['worker', 'publish'],
        ['worker', 'publish'],
      ]);

      release();
      await publish('3');
      await client.waitForPublishes(3);
      expect(client.payloads).toEqual(['1', '2', '3']);
    });

    test('releases in reverse on request', async () => {
      const client = await worker();
      const release = broker.withhold(isPublish);
      await publish('1', '2', '3');
      release({ reverse: true });
      await client.waitForPublishes(3);

      expect(client.payloads).toEqual(['3', '2', '1']);
    });

    test('drops on request; the message is then in flight until the next connection', async () => {
      const client = await worker();
      const release = broker.withhold(isPublish);
      await publish('1');
      release.drop();
      await client.ping();
      expect(client.publishes).toEqual([]);
      expect(snapshot()?.inFlight).toHaveLength(1);

      await client.cut();
      expect((await (await connect('worker')).waitForPayload('1')).dup).toBe(true);
    });

    test('releases nothing on a later connection', async () => {
      const client = await worker();
      const release = broker.withhold(isPublish);
      await publish('1');
      await client.cut();
      const second = await connect('worker', { acknowledge: false });
      expect(release.held).toHaveLength(2);
      release();
      await second.ping();

      expect(second.publishes).toHaveLength(1);
    });

    test('holds a PUBACK back from a publisher', async () => {
      const client = await worker();
      const release = broker.withhold(({ cmd }) => cmd === 'puback');
      const messageId = client.sendPublish('elsewhere', 'job');
      await client.ping();
      expect(client.packets.some(({ cmd }) => cmd === 'puback')).toBe(false);

      release();
      expect((await client.waitFor(({ cmd }) => cmd === 'puback')).messageId).toBe(messageId);
    });
  });

  test('resend sends what is unacknowledged again on the live connection, with DUP and its identifier', async () => {
    const client = await worker();
    await publish('1', '2', '3');
    const [one, two, three] = await client.waitForPublishes(3);
    if (two) client.acknowledge(two);
    await client.ping();

    broker.resend('worker');
    const again = (await client.waitForPublishes(5)).slice(3);
    expect(again.map(({ messageId, dup, payload }) => [messageId, dup, payload.toString()])).toEqual([
      [one?.messageId, true, '1'],
      [three?.messageId, true, '3'],
    ]);
    again.forEach((packet) => client.acknowledge(packet));
    await client.ping();
    expect(snapshot()?.inFlight).toEqual([]);
  });

  describe('expireSession', () => {
    test('forgets a client that is away', async () => {
      const client = await worker();
      await publish('job');
      broker.cut('worker');
      await client.closed;
      broker.expireSession('worker');

      const back = await connect('worker');
      await back.ping();
      expect(back.connack.sessionPresent).toBe(false);
      expect(back.publishes).toEqual([]);
    });

    test('disconnects a client that is here', async () => {
      const client = await worker();
      broker.expireSession('worker');
      await client.closed;

      const told = client.packets.filter(({ cmd }) => cmd === 'disconnect');
      expect(told).toMatchObject(protocolVersion === 5 ? [{ reasonCode: 0x8e }] : []);
      expect(snapshot()).toBeUndefined();
    });
  });

  describe('refuse and grant', () => {
    const refused = protocolVersion === 5 ? 0x87 : 0x80;

    test('answer SUBSCRIBE for one filter, until they are lifted', async () => {
      const client = await connect('worker');
      const lift = broker.refuse('$share/g/jobs/#', 0x87);
      const both = [
        { topic: '$share/g/jobs/#', qos: 1 },
        { topic: 'other', qos: 1 },
      ] as const;
      expect(await client.subscribe([...both])).toEqual([refused, 1]);
      expect(snapshot()?.subscriptions).toEqual(['other']);
      lift();
      expect(await client.subscribe([...both])).toEqual([1, 1]);
    });

    test('can be told by a predicate whom they are for', async () => {
      broker.refuse((filter, clientId) => clientId === 'worker' && filter.startsWith('jobs/'), 0x87);
      expect(await (await connect('worker')).subscribe('jobs/#')).toEqual([refused]);
      expect(await (await connect('other')).subscribe('jobs/#')).toEqual([1]);
    });

    test('with a lower QoS than asked for, deliver at that QoS', async () => {
      broker.grant('jobs/#', 0);
      const client = await connect('worker');
      expect(await client.subscribe('jobs/#', { qos: 2 })).toEqual([0]);
      await publish('job');

      expect((await client.waitForPayload('job')).qos).toBe(0);
    });

    test('leave a subscription that is there as it was when its renewal is refused', async () => {
      const client = await worker();
      broker.refuse('jobs/#', 0x97);
      expect(await client.subscribe('jobs/#')).toEqual([protocolVersion === 5 ? 0x97 : 0x80]);
      await publish('job');
      expect((await client.waitForPayload('job')).qos).toBe(1);
    });
  });
});
