import { describe, expect, test } from '@jest/globals';
import { ids, type ProtocolStage } from './protocol-stage.js';

export function window(stage: ProtocolStage): void {
  const { connect, connectPersistent, peculiar, protocolVersion, publishAll, scene } = stage;
  describe('a window', () => {
    const window = protocolVersion === 5 ? 2 : 20;
    const properties = protocolVersion === 5 ? { receiveMaximum: window } : undefined;

    test(`of ${window} is filled and not exceeded, and acknowledgements let the next messages through, in order`, async () => {
      const publisher = await scene();
      const worker = await connect('worker', { acknowledge: false, properties });
      await worker.subscribe(`$share/g/${stage.root}/#`);
      const sent = ids('job-', 3 * window + 5);
      await publishAll(publisher, sent);
      await worker.ping();
      expect(worker.payloads).toEqual(sent.slice(0, window));

      worker.publishes.slice(0, 2).forEach((publish) => worker.acknowledge(publish));
      await worker.ping();
      const freed = peculiar.acknowledgementFrees === 'one message' ? 2 : 2 * window;
      expect(worker.payloads).toEqual(sent.slice(0, window + freed));
    });

    test('takes acknowledgements in any order, and ignores one for an unknown identifier', async () => {
      const publisher = await scene();
      const worker = await connect('worker', { acknowledge: false, properties });
      await worker.subscribe(`${stage.root}/#`);
      await publishAll(publisher, ids('job-', window + 2));
      const [one, two] = await worker.waitForPublishes(window);
      worker.send({ cmd: 'puback', messageId: 4711, reasonCode: 0 });
      if (two) worker.acknowledge(two);
      if (one) worker.acknowledge(one);
      await worker.waitForPublishes(window + 2);
      await worker.ping();

      expect(worker.payloads).toEqual(ids('job-', window + 2));
    });

    if (protocolVersion === 5) {
      test.each([1, 2] as const)('at QoS %i treats a negative acknowledgement as final', async (qos) => {
        const publisher = await scene();
        const worker = await connectPersistent('worker', { acknowledge: false });
        await worker.subscribe(`${stage.root}/#`, { qos });
        await publisher.publish(`${stage.root}/jobs`, 'rejected', { qos });
        worker.acknowledge(await worker.waitForPayload('rejected'), 0x83);
        await worker.ping();
        await worker.cut();

        const back = await connectPersistent('worker');
        await back.ping();
        expect(back.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'pingresp']);
      });
    }
  });
}
