import { describe, expect, it } from '@jest/globals';
import type { MqttClient } from 'mqtt';
import { ConnectionLostError } from '../../lib/errors/connection-lost.error.js';
import { NO_LIMITS } from '../support/no-limits.js';
import { answerSubscribes, message, publish, WireScene } from './wire-scene.js';

const scene = WireScene.forEachTest();

describe('A wire of MQTT 5.0', () => {
  it('announces what it was told to, and reads what the server announces', async () => {
    scene.server.script = (connection) =>
      connection.accept({
        properties: {
          receiveMaximum: 10,
          maximumQoS: 1,
          maximumPacketSize: 1_000,
          topicAliasMaximum: 5,
          sessionExpiryInterval: 30,
          retainAvailable: false,
          sharedSubscriptionAvailable: false,
          wildcardSubscriptionAvailable: false,
          assignedClientIdentifier: 'given',
        },
      });
    const wire = await scene.open({ receiveMaximum: 32 });
    const [connect] = scene.server.connection.of('connect');
    expect(connect).toMatchObject({ clean: false, properties: { sessionExpiryInterval: 60, receiveMaximum: 32 } });
    expect(wire.clientId).toBe('given');
    expect(wire.announced).toMatchObject({ receiveMaximum: 10, assignedClientIdentifier: 'given' });
    expect(wire.limits).toEqual({
      receiveMaximum: 10,
      maximumQoS: 1,
      maximumPacketSize: 1_000,
      topicAliasMaximum: 5,
      sessionExpiryInterval: 30,
      retainAvailable: false,
      sharedSubscriptionAvailable: false,
      wildcardSubscriptionAvailable: false,
    });
  });

  it('takes a server that announces nothing to have no limits', async () => {
    const wire = await scene.open();
    expect(wire.limits).toEqual(NO_LIMITS);
  });

  it('asks shared subscriptions for no retained messages', async () => {
    const wire = await scene.open();
    wire.resume();
    const answering = answerSubscribes(scene.server.connection, {}, 1);
    await wire.subscribe([{ filter: '$share/workers/a', qos: 1 }]);
    await answering;
    expect(scene.server.connection.of('subscribe')[0]?.subscriptions[0]).toMatchObject({ rh: 2, nl: false });
  });

  it('sends filters with other options in packets of their own, and gives the answers in the order asked', async () => {
    const wire = await scene.open();
    wire.resume();
    const answering = answerSubscribes(scene.server.connection, { c: 0x87 }, 3);
    const codes = await wire.subscribe([
      { filter: 'a', qos: 1 },
      { filter: 'b', qos: 1, subscriptionIdentifier: 7 },
      { filter: 'c', qos: 1 },
      { filter: '$share/workers/d', qos: 1, retainHandling: 0 },
      { filter: 'e', qos: 2 },
    ]);
    await answering;
    expect(codes).toEqual([1, 1, 0x87, 1, 2]);
    const packets = scene.server.connection.of('subscribe');
    expect(packets.map(({ subscriptions }) => subscriptions.map(({ topic }) => topic))).toEqual([
      ['a', 'c', '$share/workers/d'],
      ['b'],
      ['e'],
    ]);
    expect(packets[0]?.subscriptions[2]).toMatchObject({ rh: 0 });
    expect(packets.map(({ properties }) => properties?.subscriptionIdentifier)).toEqual([undefined, 7, undefined]);
  });

  it.each([
    ['a PUBACK', 1],
    ['a PUBREC', 2],
  ] as const)(
    'tells of %s with 0x10 that nobody is subscribed, and forgets it with the Packet Identifier',
    async (_, qos) => {
      const wire = await scene.open();
      wire.resume();
      const { connection } = scene.server;
      const identifiers = (wire.native as MqttClient).messageIdProvider;
      const seen: unknown[] = [];
      for (const [index, reasonCode] of [0x10, 0].entries()) {
        const done = publish(wire, `m${index}`, qos);
        const { messageId } = await connection.waitFor('publish', index + 1);
        seen.push(messageId);
        connection.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId, reasonCode });
        if (qos === 2) {
          await connection.waitFor('pubrel', index + 1);
          connection.send({ cmd: 'pubcomp', messageId });
        }
        expect(await done).toEqual({ error: undefined, reasonCode });
        // Until the same comes next.
        for (let id = 1; id < 65_535; id++) identifiers.deallocate(identifiers.allocate() ?? 0);
      }
      expect(seen[1]).toBe(seen[0]);
    },
  );

  it.each([
    ['a PUBACK', 1],
    ['a PUBREC', 2],
  ] as const)('tells of %s with a failure its Reason Code', async (_, qos) => {
    const wire = await scene.open();
    wire.resume();
    const done = publish(wire, 'x', qos);
    const { messageId } = await scene.server.connection.waitFor('publish');
    scene.server.connection.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId, reasonCode: 0x97 });
    expect(await done).toEqual({ error: expect.any(Error), reasonCode: 0x97 });
  });

  it('sends the Reason Code of a rejected message', async () => {
    const wire = await scene.open();
    wire.resume();
    wire.acknowledge({ packetId: 1, qos: 1, reasonCode: 0x83 });
    wire.acknowledge({ packetId: 2, qos: 2, reasonCode: 0x80 });
    await wire.ping();
    expect(scene.server.connection.of('puback')[0]).toMatchObject({ messageId: 1, reasonCode: 0x83 });
    expect(scene.server.connection.of('pubrec')[0]).toMatchObject({ messageId: 2, reasonCode: 0x80 });
  });

  it.each([0x8b, 0x8e])(
    'passes the Reason Code %i of the server’s DISCONNECT on, whoever closes',
    async (reasonCode) => {
      const wire = await scene.open();
      wire.resume();
      scene.server.connection.send({ cmd: 'disconnect', reasonCode });
      const reason = await scene.listener.whenClosed;
      expect(reason.reasonCode).toBe(reasonCode);
      expect(reason.error).toMatchObject({ code: 'CONNECTION_LOST', reasonCode });
      expect(wire.open).toBe(false);
    },
  );

  it('keeps the Keep Alive that the server sets instead of its own', async () => {
    scene.listener.stopAfter.add('stop');
    scene.server.script = (connection) => connection.accept({ properties: { serverKeepAlive: 1 } }, message('stop'));
    const wire = await scene.open({ keepalive: 600 });
    wire.resume();
    await scene.server.connection.waitFor('pingreq', 3);
    expect(wire.open).toBe(true);
  });

  it('ends when the server uses a Topic Alias that was never allowed', async () => {
    const wire = await scene.open();
    wire.resume();
    scene.server.connection.send(message('x', { properties: { topicAlias: 1 } }));
    expect((await scene.listener.whenClosed).error).toBeInstanceOf(ConnectionLostError);
    expect(scene.listener.payloads).toEqual([]);
  });
});
