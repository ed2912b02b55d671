import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BrokerEventMap, EmbeddedBroker } from 'nestjs-mqtt-shared/testing';

import { RawClient } from '../support/raw-client.js';

describe('What a member of a shared subscription had not finished', () => {
  const filter = '$share/g/jobs/#';
  let broker: EmbeddedBroker;
  let dropped: BrokerEventMap['drop'][];

  beforeEach(async () => {
    broker = new EmbeddedBroker();
    dropped = [];
    broker.on('drop', (drop) => dropped.push(drop));
    await broker.listen();
  });
  afterEach(() => broker.close());

  async function connect(clientId: string, receiveMaximum = 2, acknowledge = false): Promise<RawClient> {
    return RawClient.connect(broker.url, {
      protocolVersion: 5,
      clientId,
      clean: false,
      acknowledge,
      properties: { sessionExpiryInterval: 600, receiveMaximum },
    });
  }

  async function join(clientId: string, receiveMaximum = 2): Promise<RawClient> {
    const client = await connect(clientId, receiveMaximum);
    await client.subscribe(filter, { qos: 2 });
    return client;
  }

  async function publish(...payloads: string[]): Promise<void> {
    for (const payload of payloads) await broker.publish('jobs/a', payload, { qos: 1 });
  }

  const stateOf = (clientId: string) => {
    const client = broker.clients.find((candidate) => candidate.clientId === clientId);
    return client && { inFlight: client.inFlight.length, queued: client.queued };
  };

  test('goes in its order to a connected member, in flight and queued alike, without DUP', async () => {
    const first = await join('first');
    await publish('1', '2', '3', '4');
    await first.ping();
    expect(first.payloads).toEqual(['1', '2']);
    const second = await join('second', 10);

    broker.cut('first');

    const taken = await second.waitForPublishes(4);
    expect(taken.map(({ payload, dup }) => [payload.toString(), dup])).toEqual([
      ['1', false],
      ['2', false],
      ['3', false],
      ['4', false],
    ]);
    expect(stateOf('first')).toEqual({ inFlight: 0, queued: 0 });
    expect(dropped).toEqual([]);
  });

  test('stays with its session while no other member is connected, and comes back with DUP and its identifier', async () => {
    const first = await join('first');
    const second = await join('second');
    await publish('1', '2');
    const [one] = await first.waitForPublishes(1);
    broker.cut('second'); // its message goes to first
    await first.waitForPublishes(2);
    broker.cut('first');
    await second.closed;
    expect(stateOf('first')).toEqual({ inFlight: 2, queued: 0 });

    await connect('second');
    const back = await connect('first');
    const again = await back.waitForPublishes(2);

    expect(again[0]).toMatchObject({ messageId: one?.messageId, dup: true });
    expect(again.map(({ payload }) => payload.toString())).toEqual(['1', '2']);
  });

  test('goes to the session of an offline member when its own session ends', async () => {
    await join('first');
    await publish('1');
    await join('second');
    broker.cut('second');
    broker.expireSession('first');

    expect(stateOf('first')).toBeUndefined();
    expect(stateOf('second')).toEqual({ inFlight: 0, queued: 1 });
    expect((await (await connect('second')).waitForPayload('1')).dup).toBe(false);
  });

  test('is dropped, and told, when the session of the last member ends', async () => {
    await join('first');
    await publish('1');
    broker.expireSession('first');

    expect(dropped).toMatchObject([{ clientId: 'first', reason: 'session-ended', share: filter }]);
    expect(dropped[0]?.payload.toString()).toBe('1');
  });

  test('stays when it was taken with PUBREC', async () => {
    const first = await join('first');
    await broker.publish('jobs/a', 'taken', { qos: 2 });
    first.acknowledge(await first.waitForPayload('taken'));
    await first.waitFor(({ cmd }) => cmd === 'pubrel');
    const second = await join('second');
    broker.cut('first');
    await second.ping();

    expect(second.publishes).toEqual([]);
    expect(stateOf('first')).toEqual({ inFlight: 1, queued: 0 });
    const back = await connect('first', 2, true);
    await back.waitFor(({ cmd }) => cmd === 'pubrel');
    await back.ping();
    expect(stateOf('first')).toEqual({ inFlight: 0, queued: 0 });
  });

  test('leaves the plain subscriptions of the same session alone', async () => {
    const first = await join('first');
    await first.subscribe('jobs/#');
    await publish('1');
    await first.waitForPublishes(2);
    const second = await join('second');
    broker.cut('first');
    await second.waitForPublishes(1);

    expect(stateOf('first')).toEqual({ inFlight: 1, queued: 0 });
    expect((await (await connect('first')).waitForPayload('1')).dup).toBe(true);
  });

  test('of a member that unsubscribed before goes to the others when its connection ends', async () => {
    const first = await join('first');
    await publish('1');
    await first.waitForPayload('1');
    await first.unsubscribe(filter);
    const second = await join('second');
    await second.ping();
    expect(second.publishes).toEqual([]);

    broker.cut('first');
    await second.waitForPayload('1');
  });

  test('is delivered at the QoS of the subscription that it goes to', async () => {
    const first = await join('first');
    await broker.publish('jobs/a', '1', { qos: 2 });
    expect((await first.waitForPayload('1')).qos).toBe(2);
    const second = await connect('second');
    await second.subscribe(filter, { qos: 1 });
    broker.cut('first');

    expect((await second.waitForPayload('1')).qos).toBe(1);
  });

  test('respects the window of the member that it goes to', async () => {
    const first = await join('first', 10);
    await publish('1', '2', '3');
    await first.waitForPublishes(3);
    const second = await join('second', 1);
    broker.cut('first');
    await second.ping();
    expect(second.payloads).toEqual(['1']);

    second.publishes.forEach((received) => second.acknowledge(received));
    await second.waitForPublishes(2);
    expect(second.payloads).toEqual(['1', '2']);
  });
});
