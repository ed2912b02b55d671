import { describe, expect, test } from '@jest/globals';
import type { ProtocolStage } from './protocol-stage.js';

export function messages(stage: ProtocolStage): void {
  const { connect, peculiar, protocolVersion, scene } = stage;
  describe('a message', () => {
    test.each([
      [0, 2, 0],
      [1, 0, 0],
      [1, 2, 1],
      [2, 1, 1],
      [2, 2, 2],
    ] as const)(
      'published at QoS %i to a subscription of QoS %i is delivered at QoS %i',
      async (published, subscribed, delivered) => {
        const publisher = await scene();
        const worker = await connect('worker');
        await worker.subscribe(`${stage.root}/#`, { qos: subscribed });
        await publisher.publish(`${stage.root}/jobs`, 'job', { qos: published });
        const { qos } = await worker.waitForPayload('job');

        expect(qos).toBe(delivered);
      },
    );

    test('at QoS 2 is published once, however often its PUBLISH comes', async () => {
      const publisher = await scene();
      const worker = await connect('worker');
      await worker.subscribe(`${stage.root}/#`, { qos: 2 });
      const publish = {
        cmd: 'publish',
        topic: `${stage.root}/jobs`,
        payload: 'once',
        qos: 2,
        retain: false,
        messageId: 99,
      } as const;
      publisher.send({ ...publish, dup: false });
      await publisher.waitFor(({ cmd }) => cmd === 'pubrec');
      publisher.send({ ...publish, dup: true });
      publisher.send({ cmd: 'pubrel', messageId: 99, reasonCode: 0 });
      await publisher.waitFor(({ cmd }) => cmd === 'pubcomp');
      await worker.waitForPayload('once');
      await worker.ping();

      expect(worker.payloads).toEqual(['once']);
    });

    test('comes through overlapping subscriptions as often as is peculiar to the broker', async () => {
      const publisher = await scene();
      const worker = await connect('worker');
      await worker.subscribe(`${stage.root}/#`);
      await worker.subscribe(`${stage.root}/jobs`);
      await publisher.publish(`${stage.root}/jobs`, 'job');
      await worker.ping();

      expect(worker.payloads).toHaveLength(peculiar.overlappingCopies[protocolVersion]);
    });

    test('keeps any bytes that are its payload', async () => {
      const publisher = await scene();
      const worker = await connect('worker');
      await worker.subscribe(`${stage.root}/#`);
      const payload = Buffer.from([0x00, 0xff, 0xc3, 0x28, 0x0a]);
      publisher.send({
        cmd: 'publish',
        topic: `${stage.root}/bin`,
        payload,
        qos: 1,
        dup: false,
        retain: false,
        messageId: 7,
      });
      const [publish] = await worker.waitForPublishes(1);

      expect(publish?.payload).toEqual(payload);
    });

    test('to a topic that begins with $ is not matched by a wildcard in the first level', async () => {
      const publisher = await scene();
      const worker = await connect('worker');
      const marker = `${stage.root}/marker`;
      await worker.subscribe([
        { topic: '#', qos: 1 },
        { topic: '+/internal', qos: 1 },
      ]);
      const named = await connect('named');
      await named.subscribe('$test/#');
      await publisher.publish('$test/internal', 'internal');
      await publisher.publish(marker, 'ordinary');
      await named.waitForPayload('internal');
      await worker.waitForPayload('ordinary');

      // what others have retained on a broker that runs already comes first
      const live = worker.publishes.filter(({ retain }) => !retain);
      expect(live.map(({ topic }) => topic)).toEqual([marker]);
    });

    test('that is retained reaches a later subscriber with RETAIN set, and an earlier one without', async () => {
      const publisher = await scene();
      const early = await connect('early');
      await early.subscribe(`${stage.root}/#`);
      await publisher.publish(`${stage.root}/state`, 'on', { retain: true });
      const late = await connect('late');
      await late.subscribe(`${stage.root}/#`);

      expect((await early.waitForPayload('on')).retain).toBe(false);
      expect((await late.waitForPayload('on')).retain).toBe(true);
      await publisher.publish(`${stage.root}/state`, '', { retain: true });
      const latest = await connect('latest');
      await latest.subscribe(`${stage.root}/#`);
      await latest.ping();
      expect(latest.publishes).toEqual([]);
    });

    if (protocolVersion === 5) {
      test('arrives with all properties that are the application’s, and the Subscription Identifier', async () => {
        const publisher = await scene();
        const worker = await connect('worker');
        await worker.subscribe(`$share/g/${stage.root}/#`, { subscriptionIdentifier: 42 });
        const properties = {
          payloadFormatIndicator: true,
          contentType: 'application/json',
          responseTopic: `${stage.root}/reply`,
          correlationData: Buffer.from([1, 2, 3]),
          userProperties: { trace: 'abc', tag: ['one', 'two'] },
        };
        await publisher.publish(`${stage.root}/jobs`, '{}', { properties });
        const publish = await worker.waitForPayload('{}');

        expect(publish.properties).toMatchObject(
          JSON.parse(JSON.stringify({ ...properties, correlationData: undefined })),
        );
        expect(publish.properties?.correlationData).toEqual(properties.correlationData);
        expect(publish.properties?.subscriptionIdentifier).toBe(42);
      });

      test('without a subscriber is acknowledged with 0x10', async () => {
        const publisher = await scene();
        expect(await publisher.publish(`${stage.root}/nobody`, 'job', { qos: 1 })).toBe(0x10);
        await (await connect('worker')).subscribe(`${stage.root}/#`);
        expect(await publisher.publish(`${stage.root}/nobody`, 'job', { qos: 1 })).toBe(0);
      });

      test('is not sent back to its publisher where No Local was asked for', async () => {
        const publisher = await scene();
        await publisher.subscribe([{ topic: `${stage.root}/#`, qos: 1, nl: true }]);
        const other = await connect('other');
        await other.subscribe([{ topic: `${stage.root}/#`, qos: 1, nl: true }]);
        await publisher.publish(`${stage.root}/jobs`, 'job');
        await other.waitForPayload('job');
        await publisher.ping();

        expect(publisher.publishes).toEqual([]);
      });

      test('keeps its RETAIN flag under Retain As Published', async () => {
        const publisher = await scene();
        const worker = await connect('worker');
        await worker.subscribe([{ topic: `${stage.root}/#`, qos: 1, rap: true }]);
        await publisher.publish(`${stage.root}/state`, 'on', { retain: true });

        expect((await worker.waitForPayload('on')).retain).toBe(true);
        await publisher.publish(`${stage.root}/state`, '', { retain: true });
      });

      test('that is retained follows Retain Handling', async () => {
        const publisher = await scene();
        await publisher.publish(`${stage.root}/state`, 'on', { retain: true });
        const worker = await connect('worker');
        await worker.subscribe([{ topic: `${stage.root}/#`, qos: 1, rh: 2 }]);
        await worker.subscribe([{ topic: `${stage.root}/#`, qos: 1, rh: 1 }]);
        await worker.ping();
        expect(worker.publishes).toEqual([]);

        await worker.subscribe([{ topic: `${stage.root}/#`, qos: 1, rh: 0 }]);
        await worker.ping();
        expect(worker.payloads).toEqual(['on']);
        await publisher.publish(`${stage.root}/state`, '', { retain: true });
      });
    }
  });
}
