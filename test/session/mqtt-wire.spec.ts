import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import type { MqttClient } from 'mqtt';
import type { IDisconnectPacket } from 'mqtt-packet';
import { BrokerUnreachableError } from '../../lib/errors/broker-unreachable.error.js';
import { ConnectionLostError } from '../../lib/errors/connection-lost.error.js';
import { ConnectionRefusedError } from '../../lib/errors/connection-refused.error.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { answerSubscribes, message, outgoing, publish, WireScene } from './wire-scene.js';

const MALFORMED = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]);

const scene = WireScene.forEachTest();

describe.each([4, 5] as const)('A wire of MQTT version %d', (protocolVersion) => {
  it('sends neither PUBACK nor PUBREC before it is told to', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const { connection } = scene.server;
    connection.send(message('one', { qos: 1, messageId: 7 }), message('two', { qos: 2, messageId: 8 }));
    await scene.listener.whenReceived('two');
    await wire.ping();
    expect([connection.of('puback'), connection.of('pubrec')]).toEqual([[], []]);
    wire.acknowledge({ packetId: 7, qos: 1, reasonCode: 0 });
    wire.acknowledge({ packetId: 8, qos: 2, reasonCode: 0 });
    await wire.ping();
    const commands = connection.packets.map(({ cmd, messageId }) => `${cmd} ${messageId ?? ''}`.trim());
    expect(commands).toEqual(['connect', 'pingreq', 'puback 7', 'pubrec 8', 'pingreq']);
  });

  it('hands a message over as it came, its QoS included', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const properties =
      protocolVersion === 5 ? { contentType: 'text/plain', userProperties: { a: ['1', '2'] } } : undefined;
    scene.server.connection.send(
      message('x', { qos: 2, messageId: 65_535, dup: true, retain: true, properties }, 'jobs/ü/'),
    );
    await scene.listener.whenReceived('x');
    const [arrived] = scene.listener.publishes;
    expect(arrived).toMatchObject({
      topic: 'jobs/ü/',
      payload: Buffer.from('x'),
      qos: 2,
      dup: true,
      retain: true,
      packetId: 65_535,
    });
    expect({ ...arrived?.properties }).toEqual({ ...properties });
  });

  it('keeps the QoS of each message apart when several arrive in one write', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const levels = [2, 0, 1, 0, 2, 1] as const;
    scene.server.connection.send(
      ...levels.map((qos, i) => message(`m${i}`, { qos, messageId: qos === 0 ? undefined : i + 1 })),
    );
    await scene.listener.whenReceived('m5');
    expect(scene.listener.publishes.map(({ qos, packetId }) => [qos, packetId])).toEqual(
      levels.map((qos, i) => [qos, qos === 0 ? 0 : i + 1]),
    );
  });

  it('answers PUBREL with PUBCOMP and reports it, though mqtt.js has stored nothing', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    scene.server.connection.send({ cmd: 'pubrel', messageId: 8 }, { cmd: 'pubrel', messageId: 9 });
    await scene.server.connection.waitFor('pubcomp', 2);
    expect(scene.server.connection.of('pubcomp').map(({ messageId }) => messageId)).toEqual([8, 9]);
    expect(scene.listener.releases).toEqual([8, 9]);
  });

  it('gathers the acknowledgements of one turn into one write', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const write = jest.spyOn((wire.native as MqttClient).stream, 'write');
    for (let packetId = 1; packetId <= 300; packetId++) wire.acknowledge({ packetId, qos: 1, reasonCode: 0 });
    const last = await scene.server.connection.waitFor('puback', 300);
    expect(write).toHaveBeenCalledTimes(1);
    expect(last.messageId).toBe(300);
  });

  it('delivers nothing that came together with CONNACK before it is resumed', async () => {
    scene.server.script = (connection) =>
      connection.accept({ sessionPresent: true }, message('a', { qos: 1, messageId: 1 }), message('b'), message('c'));
    const wire = await scene.open({ protocolVersion });
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(wire.sessionPresent).toBe(true);
    expect(scene.listener.payloads).toEqual([]);
    wire.resume();
    await scene.listener.whenReceived('c');
    expect(scene.listener.payloads).toEqual(['a', 'b', 'c']);
  });

  it('stops reading when told to, stays connected for several times its Keep Alive, and goes on in order', async () => {
    scene.listener.stopAfter.add('3');
    const wire = await scene.open({ protocolVersion, keepalive: 1 });
    wire.resume();
    const { connection } = scene.server;
    const filling = Buffer.alloc(16_000, ' ').toString();
    const payloads = Array.from({ length: 1_000 }, (_, i) => `${i}`);
    for (const payload of payloads) {
      connection.write(connection.encode(message(payload), message(`${payload}${filling}`, {}, 'filling')));
    }
    // PINGRESP stands behind messages that are not read: mqtt.js alone gives up after 1.5 s.
    await connection.waitFor('pingreq', 5);
    expect(scene.listener.payloads.filter((payload) => payload.length < 10)).toEqual(['0', '1', '2', '3']);
    expect(connection.unsentBytes).toBeGreaterThan(1_000_000);
    expect(wire.open).toBe(true);
    wire.resume();
    await scene.listener.whenReceived('999');
    expect(
      scene.listener.publishes.filter(({ topic }) => topic === 'jobs/a').map(({ payload }) => payload.toString()),
    ).toEqual(payloads);
    await wire.ping();
    expect(scene.listener.closings).toEqual([]);
  });

  it('does not take a server for dead whose PINGRESP waits behind messages that are being read', async () => {
    const wire = await scene.open({ protocolVersion, keepalive: 1 });
    const { connection } = scene.server;
    connection.answersPings = false;
    wire.resume();
    let sent = 0;
    const trickle = setInterval(() => connection.send(message(`${sent++}`)), 100);
    try {
      await connection.waitFor('pingreq', 4);
    } finally {
      clearInterval(trickle);
    }
    expect(wire.open).toBe(true);
  });

  it('does not take a server for dead whose PINGRESP waits behind one long message', async () => {
    const wire = await scene.open({ protocolVersion, keepalive: 1 });
    const { connection } = scene.server;
    connection.answersPings = false;
    wire.resume();
    const bytes = connection.encode(message('x'.repeat(1_000)));
    let sent = 0;
    const trickle = setInterval(() => connection.write(bytes.subarray(sent, ++sent)), 100);
    try {
      await Promise.race([connection.waitFor('pingreq', 4), scene.listener.whenClosed]);
    } finally {
      clearInterval(trickle);
    }
    expect(scene.listener.closings).toEqual([]);
    connection.write(bytes.subarray(sent));
    await scene.listener.whenReceived('x'.repeat(1_000));
  });

  it('ends when the server has fallen silent', async () => {
    const wire = await scene.open({ protocolVersion, keepalive: 1 });
    scene.server.connection.answersPings = false;
    wire.resume();
    const { error } = await scene.listener.whenClosed;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error?.message).toMatch(/keepalive/i);
  });

  it('passes the codes of SUBACK on in the order of the filters, refusals among them', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const refusal = protocolVersion === 5 ? 0x87 : 0x80;
    const answering = answerSubscribes(scene.server.connection, { 'b/#': refusal, d: 0 }, 3);
    const codes = await wire.subscribe([
      { filter: 'a', qos: 1 },
      { filter: 'b/#', qos: 2 },
      { filter: 'c', qos: 0 },
      { filter: 'd', qos: 1 },
      { filter: 'e', qos: 2 },
    ]);
    await answering;
    expect(codes).toEqual([1, refusal, 0, 0, 2]);
  });

  it('splits a long subscription over packets and keeps the order of the codes', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const filters = Array.from({ length: 250 }, (_, i) => ({ filter: `f/${i}`, qos: 1 as const }));
    const answering = answerSubscribes(scene.server.connection, { 'f/0': 0x80, 'f/120': 0x80, 'f/249': 0 }, 3);
    const codes = await wire.subscribe(filters);
    await answering;
    expect(codes.flatMap((code, i) => (code === 1 ? [] : [[i, code]]))).toEqual([
      [0, 0x80],
      [120, 0x80],
      [249, 0],
    ]);
  });

  it.each(['subscribe', 'unsubscribe'] as const)(
    'does not wait for ever when the connection ends between the packets of a long %s',
    async (packet) => {
      const wire = await scene.open({ protocolVersion });
      wire.resume();
      const filters = Array.from({ length: 150 }, (_, i) => `f/${i}`);
      const answer = packet === 'subscribe' ? 'suback' : 'unsuback';
      const client = wire.native as MqttClient;
      client.on('packetreceive', ({ cmd }) => {
        // As over WebSocket, where the end comes in the turn in which the last bytes were read.
        if (cmd === answer) process.nextTick(() => client.stream.emit('close'));
      });
      const asked: Promise<unknown> =
        packet === 'subscribe'
          ? wire.subscribe(filters.map((filter) => ({ filter, qos: 1 })))
          : wire.unsubscribe(filters);
      const outcome = asked.catch((error: unknown) => error);
      const { messageId = 0 } = await scene.server.connection.waitFor(packet);
      const granted = Array<number>(100).fill(packet === 'subscribe' ? 1 : 0);
      scene.server.connection.send({ cmd: answer, messageId, granted });
      expect(await outcome).toMatchObject({ message: expect.stringContaining('The connection ended before') });
      expect(scene.server.connection.of(packet)).toHaveLength(1);
    },
  );

  it('sends nothing more of a subscription that takes several packets once UNSUBSCRIBE has been sent', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const { connection } = scene.server;
    const subscribed = wire.subscribe([
      { filter: 'a', qos: 1 },
      { filter: 'b', qos: 2 },
    ]);
    const outcome = subscribed.catch((error: unknown) => error);
    const { messageId = 0 } = await connection.waitFor('subscribe');
    const unsubscribed = wire.unsubscribe(['a', 'b']);
    const { messageId: second = 0 } = await connection.waitFor('unsubscribe');
    connection.send(
      { cmd: 'suback', messageId, granted: [1] },
      { cmd: 'unsuback', messageId: second, granted: [0, 0] },
    );
    await unsubscribed;
    await wire.ping();
    expect(connection.of('subscribe')).toHaveLength(1);
    expect(await outcome).toMatchObject({ message: expect.stringContaining('UNSUBSCRIBE came') });
  });

  it('tells a SUBSCRIBE and an UNSUBSCRIBE that the connection ended before their answer', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const subscribed = wire.subscribe([{ filter: 'a', qos: 1 }]);
    const unsubscribed = wire.unsubscribe(['a']);
    const settled = Promise.allSettled([subscribed, unsubscribed, wire.ping()]);
    await scene.server.connection.waitFor('unsubscribe');
    scene.server.connection.answersPings = false;
    scene.server.connection.destroy();
    // A PINGRESP may have been on its way.
    expect((await settled).slice(0, 2).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(scene.listener.closings).toHaveLength(1);
  });

  it('tells whoever asks something of it after its end that it has ended', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    scene.server.connection.destroy();
    await scene.listener.whenClosed;
    const asked = [wire.ping(), wire.subscribe([{ filter: 'a', qos: 1 }]), wire.unsubscribe(['a'])];
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await wire.disconnect();
    wire.acknowledge({ packetId: 1, qos: 1, reasonCode: 0 });
    wire.flush();
    wire.resume();
    wire.destroy();
    expect(wire.open).toBe(false);
  });

  it('answers a ping when all that the server sent before has been delivered, and each ping by its own answer', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const { connection } = scene.server;
    connection.answersPings = false;
    const answered: string[] = [];
    const first = wire.ping().then(() => answered.push(`first, ${scene.listener.payloads.join()}`));
    const second = wire.ping().then(() => answered.push(`second, ${scene.listener.payloads.join()}`));
    await connection.waitFor('pingreq', 2);
    connection.send(message('a'), { cmd: 'pingresp' }, message('b'));
    await first;
    await scene.listener.whenReceived('b');
    expect(answered).toHaveLength(1);
    expect(answered[0]).toMatch(/^first, a/);
    connection.send(message('c'), { cmd: 'pingresp' });
    await second;
    expect(answered[1]).toBe('second, a,b,c');
  });

  it('ends the session with DISCONNECT where the protocol can, after what was acknowledged', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    wire.acknowledge({ packetId: 3, qos: 1, reasonCode: 0 });
    await wire.disconnect({ sessionExpiryInterval: 0 });
    const [, puback, disconnect] = scene.server.connection.packets;
    expect(puback).toMatchObject({ cmd: 'puback', messageId: 3 });
    expect(disconnect?.cmd).toBe('disconnect');
    expect((disconnect as IDisconnectPacket).properties?.sessionExpiryInterval).toBe(
      protocolVersion === 5 ? 0 : undefined,
    );
    expect(scene.listener.closings).toHaveLength(1);
    expect(wire.open).toBe(false);
  });

  it('leaves the session alone with a plain disconnect', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    await wire.disconnect();
    const [disconnect] = scene.server.connection.of('disconnect');
    expect(disconnect?.properties?.sessionExpiryInterval).toBeUndefined();
  });

  it('sends nothing after DISCONNECT [MQTT-3.14.4-1]', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const { connection } = scene.server;
    connection.disconnected = () => {};
    const disconnected = wire.disconnect();
    wire.acknowledge({ packetId: 3, qos: 1, reasonCode: 0 });
    wire.flush();
    await connection.waitFor('disconnect');
    wire.acknowledge({ packetId: 4, qos: 1, reasonCode: 0 });
    await nextTurn();
    wire.acknowledge({ packetId: 5, qos: 1, reasonCode: 0 });
    connection.end();
    await disconnected;
    expect(connection.packets.map(({ cmd }) => cmd)).toEqual(['connect', 'disconnect']);
    expect(scene.listener.closings[0]?.error).toMatchObject({ cause: undefined });
  });

  it('disconnects without delay and hands over no more while messages behind a pause are unread', async () => {
    scene.listener.stopAfter.add('a');
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const { connection } = scene.server;
    connection.send(message('a'));
    for (let i = 0; i < 100; i++) connection.send(message('b'.repeat(10_000)));
    await scene.listener.whenReceived('a');
    const destroyed = jest.spyOn(wire, 'destroy');
    await wire.disconnect();
    expect(destroyed).not.toHaveBeenCalled();
    expect(connection.of('disconnect')).toHaveLength(1);
    expect(scene.listener.payloads).toEqual(['a']);
  });

  it('ends by itself when the server does not close after DISCONNECT', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    scene.server.connection.disconnected = () => {};
    await wire.disconnect();
    expect(wire.open).toBe(false);
    expect(scene.listener.closings).toHaveLength(1);
  });

  it('confirms a publish when the server has taken it, and QoS 2 only with PUBCOMP', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const { connection } = scene.server;
    expect(await publish(wire, 'zero', 0)).toEqual({ error: undefined, reasonCode: 0 });
    const one = publish(wire, 'one', 1);
    const { messageId: first } = await connection.waitFor('publish', 2);
    connection.send({ cmd: 'puback', messageId: first });
    expect(await one).toEqual({ error: undefined, reasonCode: 0 });

    let confirmed = false;
    const two = publish(wire, 'two', 2).then(() => {
      confirmed = true;
    });
    const { messageId: second } = await connection.waitFor('publish', 3);
    connection.send({ cmd: 'pubrec', messageId: second });
    await connection.waitFor('pubrel');
    expect(confirmed).toBe(false);
    connection.send({ cmd: 'pubcomp', messageId: second });
    await two;
  });

  it('leaves open what was published and not confirmed when it disconnects, and does not wait for it', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const done = jest.fn();
    wire.publish(outgoing('one', 1), done);
    wire.publish(outgoing('two', 2), done);
    await scene.server.connection.waitFor('publish', 2);
    await wire.disconnect();
    expect(done).not.toHaveBeenCalled();
  });

  it.each([true, false])('leaves open what was published when the server falls silent, clean %s', async (clean) => {
    const wire = await scene.open({ protocolVersion, clean, keepalive: 1 });
    scene.server.connection.answersPings = false;
    wire.resume();
    const done = jest.fn();
    wire.publish(outgoing('one', 1), done);
    await scene.server.connection.waitFor('publish');
    await scene.listener.whenClosed;
    wire.publish(outgoing('late', 1), done);
    wire.publish(outgoing('late', 0), done);
    await nextTurn();
    expect(done).not.toHaveBeenCalled();
  });

  it('tells of its end once, with what ended it', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    scene.server.connection.destroy();
    const { error, reasonCode } = await scene.listener.whenClosed;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error?.message).toContain(scene.server.url);
    expect(reasonCode).toBeUndefined();
    expect(wire.open).toBe(false);
    wire.destroy();
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(scene.listener.closings).toHaveLength(1);
  });

  it('delivers nothing after its end', async () => {
    scene.listener.stopAfter.add('a');
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    scene.server.connection.send(message('a'), message('b'), { cmd: 'pubrel', messageId: 1 });
    await scene.listener.whenReceived('a');
    wire.destroy();
    await scene.listener.whenClosed;
    wire.resume();
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(scene.listener.payloads).toEqual(['a']);
    expect(scene.listener.releases).toEqual([]);
  });

  it('ends when the server sends a malformed packet', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    scene.server.connection.write(MALFORMED);
    const { error } = await scene.listener.whenClosed;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error?.cause).toBeInstanceOf(Error);
  });

  it('does not go on with a connection whose first bytes after CONNACK are malformed', async () => {
    scene.server.script = (connection) =>
      connection.write(Buffer.concat([connection.encode(connection.connack()), MALFORMED]));
    const opened = await scene.open({ protocolVersion }).then(
      (wire) => {
        wire.resume();
        return scene.listener.whenClosed.then(({ error }) => error);
      },
      (error: unknown) => error,
    );
    // Whether CONNACK still counts is left to mqtt.js.
    expect(opened).toMatchObject({ code: expect.stringMatching(/^(BROKER_UNREACHABLE|CONNECTION_LOST)$/) });
  });

  it('reports a server that answers with something else than MQTT without waiting for the timeout', async () => {
    scene.server.script = (connection) => connection.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(scene.open({ protocolVersion, connectTimeout: 60_000 })).rejects.toBeInstanceOf(
      BrokerUnreachableError,
    );
  });

  it('takes nothing that stands behind the packet with which the server ends the connection', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const disconnect = { cmd: 'disconnect', reasonCode: 0x8e } as const;
    scene.server.connection.send(message('a'), disconnect, message('b'), { cmd: 'pubrel', messageId: 1 });
    await scene.listener.whenClosed;
    expect(scene.listener.payloads).toEqual(['a']);
    expect(scene.listener.releases).toEqual([]);
  });

  it('does not take a CONNACK for an answer that stands behind an AUTH that nobody asked for', async () => {
    scene.server.script = (connection) => {
      const connack = connection.encode(connection.connack());
      connection.write(Buffer.concat([Buffer.from([0xf0, 0x02, 0x18, 0x00]), connack]));
    };
    await expect(scene.open({ protocolVersion })).rejects.toMatchObject({
      code: protocolVersion === 5 ? 'CONNECTION_REFUSED' : 'BROKER_UNREACHABLE',
    });
  });

  it('reports a server whose CONNACK ends too early instead of waiting for ever', async () => {
    scene.server.script = (connection) => connection.write(Buffer.from([0x20, 0x00]));
    await expect(scene.open({ protocolVersion })).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
  });

  it('tells whoever waits for an answer when one comes that ends too early', async () => {
    const wire = await scene.open({ protocolVersion });
    wire.resume();
    const outcome = wire.subscribe([{ filter: 'a', qos: 1 }]).catch((error: unknown) => error);
    const { messageId = 0 } = await scene.server.connection.waitFor('subscribe');
    scene.server.connection.write(Buffer.from([0x90, 0x02, 0x00, messageId]));
    expect(await outcome).toBeInstanceOf(Error);
    const { error } = await scene.listener.whenClosed;
    expect(error?.cause).toMatchObject({ message: expect.stringContaining('ends too early') });
  });

  it('reports a server that accepts the connection and says nothing within connectTimeout', async () => {
    scene.server.script = () => {};
    const began = Date.now();
    const error = await scene.open({ protocolVersion, connectTimeout: 300 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BrokerUnreachableError);
    expect(Date.now() - began).toBeLessThan(2_000);
    expect(scene.listener.closings).toEqual([]);
  });

  it('reports a server that closes the connection instead of answering', async () => {
    scene.server.script = (connection) => connection.destroy();
    await expect(scene.open({ protocolVersion })).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
  });

  it('reports a port where nobody listens', async () => {
    const gone = await ScriptedServer.start();
    const { url } = gone;
    await gone.stop();
    const error = await scene.open({ protocolVersion, url }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BrokerUnreachableError);
    expect((error as Error).message).toMatch(/ECONNREFUSED.*Is the broker running/);
  });

  it('tells a refused connection by its code', async () => {
    const code = protocolVersion === 5 ? 0x86 : 4;
    scene.server.script = (connection) => connection.accept({ returnCode: code, reasonCode: code });
    const error = await scene
      .open({ protocolVersion, password: 'secret', username: 'u' })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionRefusedError);
    expect(error).toMatchObject({ reasonCode: code, clientId: 'worker-1' });
    expect((error as Error).message).not.toContain('secret');
  });
});
