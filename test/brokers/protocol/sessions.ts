import { describe, expect, test } from '@jest/globals';
import { ids, type ProtocolStage } from './protocol-stage.js';

export function sessions(stage: ProtocolStage): void {
  const { connect, connectPersistent, peculiar, protocolVersion, publishAll, scene } = stage;
  describe('a session', () => {
    test.each([1, 2] as const)(
      'at QoS %i sends again what was not acknowledged: DUP, same identifiers, in order',
      async (qos) => {
        const publisher = await scene();
        const first = await connectPersistent('worker', { acknowledge: false });
        await first.subscribe(`$share/g/${stage.root}/#`, { qos });
        await publishAll(publisher, ids('job-', 3), qos);
        const before = await first.waitForPublishes(3);
        expect(before.map(({ dup }) => dup)).toEqual([false, false, false]);
        await first.cut();

        const second = await connectPersistent('worker', { acknowledge: false });
        const after = await second.waitForPublishes(3);

        expect(second.connack.sessionPresent).toBe(true);
        expect(after.map(({ dup }) => dup)).toEqual([true, true, true]);
        expect(after.map(({ messageId, payload }) => [messageId, payload.toString()])).toEqual(
          before.map(({ messageId, payload }) => [messageId, payload.toString()]),
        );
      },
    );

    test('after PUBREC sends PUBREL again and not the message', async () => {
      const publisher = await scene();
      const first = await connectPersistent('worker', { acknowledge: false });
      await first.subscribe(`${stage.root}/#`, { qos: 2 });
      await publisher.publish(`${stage.root}/jobs`, 'taken', { qos: 2 });
      const taken = await first.waitForPayload('taken');
      first.acknowledge(taken);
      await first.waitFor(({ cmd }) => cmd === 'pubrel');
      await first.cut();

      const second = await connectPersistent('worker');
      const pubrel = await second.waitFor(({ cmd }) => cmd === 'pubrel');
      await second.ping();

      expect(pubrel.messageId).toBe(taken.messageId);
      expect(second.publishes).toEqual([]);
    });

    test('keeps QoS 1 and 2 messages for a client that is away, in order and without DUP', async () => {
      const publisher = await scene();
      const gone = await connectPersistent('worker');
      await gone.subscribe(`${stage.root}/#`, { qos: 2 });
      await gone.disconnect();
      await publisher.publish(`${stage.root}/jobs`, 'one', { qos: 1 });
      await publisher.publish(`${stage.root}/jobs`, 'two', { qos: 2 });

      const back = await connectPersistent('worker');
      const publishes = await back.waitForPublishes(2);

      expect(publishes.map(({ payload, qos, dup }) => [payload.toString(), qos, dup])).toEqual([
        ['one', 1, false],
        ['two', 2, false],
      ]);
    });

    test('that is clean ends with its connection', async () => {
      const publisher = await scene();
      const first = await connect('worker', { acknowledge: false });
      await first.subscribe(`${stage.root}/#`);
      await publisher.publish(`${stage.root}/jobs`, 'lost');
      await first.waitForPayload('lost');
      await first.cut();

      const second = await connect('worker', { clean: false });
      await publisher.publish(`${stage.root}/jobs`, 'to nobody');
      await second.ping();

      expect(second.connack.sessionPresent).toBe(false);
      expect(second.publishes).toEqual([]);
    });

    test('is dropped by a clean start', async () => {
      await scene();
      const gone = await connectPersistent('worker');
      await gone.subscribe(`${stage.root}/#`);
      await gone.cut();

      const cleaner = await connect('worker', { clean: true });
      expect(cleaner.connack.sessionPresent).toBe(false);
      await cleaner.disconnect();

      expect((await connectPersistent('worker')).connack.sessionPresent).toBe(false);
    });

    if (protocolVersion === 5) {
      test('ends with a DISCONNECT that sets the Session Expiry Interval to 0', async () => {
        await scene();
        const worker = await connectPersistent('worker');
        await worker.disconnect({ properties: { sessionExpiryInterval: 0 } });

        expect((await connectPersistent('worker')).connack.sessionPresent).toBe(false);
      });
    }

    test('is taken over by a second connection of the same client id, with all it holds', async () => {
      const publisher = await scene();
      const first = await connectPersistent('worker', { acknowledge: false });
      await first.subscribe(`$share/g/${stage.root}/#`);
      await publisher.publish(`${stage.root}/jobs`, 'held');
      await first.waitForPayload('held');

      const second = await connectPersistent('worker');
      await first.closed;
      const held = await second.waitForPayload('held');
      await publisher.publish(`${stage.root}/jobs`, 'new');
      await second.waitForPayload('new');

      expect(second.connack.sessionPresent).toBe(true);
      expect(held.dup).toBe(true);
      const told = first.packets.find(({ cmd }) => cmd === 'disconnect');
      const reasonCode = told?.cmd === 'disconnect' ? told.reasonCode : undefined;
      expect(reasonCode).toBe(protocolVersion === 5 ? peculiar.takeoverReasonCode : undefined);
    });
  });
}
