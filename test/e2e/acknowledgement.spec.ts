import { describe, expect, it } from '@jest/globals';
import { type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { type Ground, onEachBroker } from '../support/on-each-broker.js';
import type { TestPublisher, Worker } from '../support/scene.js';
import { WireRecord } from '../support/wire-record.js';

interface OnTheWire {
  readonly wire: WireRecord;
  readonly worker: Worker;
  readonly publisher: TestPublisher;
}

/** A worker behind a recording proxy, with as many handlers of one pattern as are given. */
async function workerBehindProxy(
  { scene: current, startBroker, protocolVersion }: Ground,
  qos: 1 | 2,
  handlers: readonly ControlledHandler[],
  options: MQTTSharedServerOptions = {},
): Promise<OnTheWire> {
  const scene = current();
  const url = await startBroker();
  const proxy = await scene.proxy(url);
  const pattern = SharedPattern('workers', 'jobs/#', { qos });
  const controllers = handlers.map(({ handle }) => controllerFor(pattern, handle));
  const worker = await scene.worker({ url: proxy.url, protocolVersion, ...options }, ...controllers);
  for (const handler of handlers) scene.onClose(() => handler.finishAll());
  return { wire: new WireRecord(proxy), worker, publisher: await scene.publisher(url, protocolVersion) };
}

describe('An acknowledgement on the wire', () => {
  onEachBroker((ground) => {
    describe.each([
      [1, 'puback'],
      [2, 'pubrec'],
    ] as const)('at QoS %i', (qos, acknowledgement) => {
      it('leaves after the handler has settled, and not before', async () => {
        const handler = new ControlledHandler();
        const { wire, worker, publisher } = await workerBehindProxy(ground, qos, [handler]);
        await publisher.publish('jobs/a', ['m1', 'm2'], qos);
        await handler.whenStarted('m1', 'm2');
        await wire.everythingWritten(worker);
        expect(wire.acknowledgements()).toEqual([]);

        handler.finish('m1');
        const { packet } = await wire.acknowledgementOf('m1');
        expect(packet.cmd).toBe(acknowledgement);
        await wire.everythingWritten(worker);
        expect(wire.acknowledged()).toEqual(['m1']);

        handler.finish('m2');
        await wire.acknowledgementOf('m2');
        expect(wire.acknowledged()).toEqual(['m1', 'm2']);
      });

      it('leaves in the order of arrival when handlers finish in reverse', async () => {
        const handler = new ControlledHandler();
        const { wire, worker, publisher } = await workerBehindProxy(ground, qos, [handler]);
        const payloads = ['m1', 'm2', 'm3', 'm4'];
        await publisher.publish('jobs/a', payloads, qos);
        await handler.whenStarted(...payloads);
        for (const payload of ['m4', 'm3', 'm2']) {
          handler.finish(payload);
          await wire.everythingWritten(worker);
        }
        expect(wire.acknowledgements()).toEqual([]);

        handler.finish('m1');
        await wire.acknowledgementOf('m4');
        expect(wire.acknowledged()).toEqual(payloads);
      });

      it("leaves in the order of completion with ackOrder 'completion'", async () => {
        const handler = new ControlledHandler();
        const { wire, publisher } = await workerBehindProxy(ground, qos, [handler], { ackOrder: 'completion' });
        const payloads = ['m1', 'm2', 'm3'];
        await publisher.publish('jobs/a', payloads, qos);
        await handler.whenStarted(...payloads);
        for (const payload of ['m3', 'm1', 'm2']) {
          handler.finish(payload);
          await wire.acknowledgementOf(payload);
        }
        expect(wire.acknowledged()).toEqual(['m3', 'm1', 'm2']);
      });

      it('waits for both of two handlers of one pattern', async () => {
        const [one, other] = [new ControlledHandler(), new ControlledHandler()];
        const { wire, worker, publisher } = await workerBehindProxy(ground, qos, [one, other]);
        await publisher.publish('jobs/a', ['m1'], qos);
        await Promise.all([one.whenStarted('m1'), other.whenStarted('m1')]);
        other.finish('m1');
        await wire.everythingWritten(worker);
        expect(wire.acknowledgements()).toEqual([]);

        one.finish('m1');
        await wire.acknowledgementOf('m1');
        expect(wire.acknowledged()).toEqual(['m1']);
      });
    });

    it('begins the rest of the QoS 2 exchange: PUBREL answered by PUBCOMP, once for each message', async () => {
      const handler = new ControlledHandler();
      const { wire, worker, publisher } = await workerBehindProxy(ground, 2, [handler]);
      const payloads = ['m1', 'm2'];
      await publisher.publish('jobs/a', payloads, 2);
      await handler.whenStarted(...payloads);
      for (const payload of payloads) handler.finish(payload);
      const packetIds = payloads.map((payload) => wire.deliveries(payload)[0]?.packet.messageId);
      await wire.proxy.waitFor(({ packet }) => packet.cmd === 'pubcomp' && packet.messageId === packetIds[1]);
      await wire.everythingWritten(worker);

      for (const packetId of packetIds) {
        const exchange = wire.proxy.packets(
          ({ packet }) => packet.messageId === packetId && packet.cmd.startsWith('pub'),
        );
        expect(exchange.map(({ direction, packet }) => `${direction} ${packet.cmd}`)).toEqual([
          'toClient publish',
          'toServer pubrec',
          'toClient pubrel',
          'toServer pubcomp',
        ]);
      }
    });
  });
});
