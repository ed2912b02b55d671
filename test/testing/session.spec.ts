import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';

import { RawClient } from '../support/raw-client.js';

describe('A resumed session of the embedded broker', () => {
  let broker: EmbeddedBroker;

  beforeEach(async () => {
    broker = new EmbeddedBroker();
    await broker.listen();
  });
  afterEach(() => broker.close());

  const connect = (receiveMaximum: number): Promise<RawClient> =>
    RawClient.connect(broker.url, {
      protocolVersion: 5,
      clientId: 'worker',
      clean: false,
      acknowledge: false,
      properties: { sessionExpiryInterval: 600, receiveMaximum },
    });

  async function holding(count: number, qos: 1 | 2): Promise<RawClient> {
    const client = await connect(count);
    await client.subscribe('jobs', { qos });
    for (let i = 0; i < count; i++) await broker.publish('jobs', `job-${i}`, { qos });
    await client.waitForPublishes(count);
    return client;
  }

  const ids = (client: RawClient, cmd: 'publish' | 'pubrel'): (number | undefined)[] =>
    client.packets.filter((packet) => packet.cmd === cmd).map(({ messageId }) => messageId);

  test('sends PUBRELs again in the order of their PUBRECs, after the messages [MQTT-4.6.0-4]', async () => {
    const first = await holding(4, 2);
    const [one, two, three] = first.publishes;
    for (const publish of [three, one, two]) if (publish) first.acknowledge(publish);
    await first.ping();
    const released = ids(first, 'pubrel');
    await first.cut();

    const second = await connect(4);
    await second.ping();

    expect(released).toEqual([3, 1, 2]);
    expect(second.packets.map(({ cmd }) => cmd)).toEqual([
      'connack',
      'publish',
      'pubrel',
      'pubrel',
      'pubrel',
      'pingresp',
    ]);
    expect(ids(second, 'publish')).toEqual([4]);
    expect(ids(second, 'pubrel')).toEqual(released);
  });

  test('respects a Receive Maximum that is smaller than what it has in flight', async () => {
    await (await holding(3, 1)).cut();
    const second = await connect(1);
    await second.ping();
    expect(second.payloads).toEqual(['job-0']);

    second.publishes.forEach((publish) => second.acknowledge(publish));
    await second.waitForPublishes(2);
    await second.ping();
    expect(second.publishes.map(({ payload, dup }) => [payload.toString(), dup])).toEqual([
      ['job-0', true],
      ['job-1', true],
    ]);
  });

  test('takes no acknowledgement for what it has not sent on this connection', async () => {
    const first = await holding(2, 1);
    const [, two] = first.publishes;
    await first.cut();
    const second = await connect(1);
    if (two) second.acknowledge(two);
    await second.ping();

    expect(broker.clients).toMatchObject([{ inFlight: [1, 2] }]);
  });
});
