import { describe, expect, it } from '@jest/globals';
import { type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker, onVersions } from '../support/on-each-broker.js';
import type { Scene, TestPublisher, Worker } from '../support/scene.js';
import { payloadOf, WireRecord } from '../support/wire-record.js';

/** Where connections are cut a test has no time to wait for the next. */
const AT_ONCE = { initial: 10, factor: 1, max: 10, jitter: 0 };

interface OnTheWire {
  readonly handler: ControlledHandler;
  readonly wire: WireRecord;
  readonly worker: Worker;
  readonly publisher: TestPublisher;
}

async function workerBehindProxy(
  scene: Scene,
  url: string,
  qos: 1 | 2,
  { clientId = 'worker', ...options }: MQTTSharedServerOptions,
): Promise<OnTheWire> {
  const proxy = await scene.proxy(url);
  const handler = new ControlledHandler();
  const worker = await scene.worker(
    { url: proxy.url, clientId, reconnect: AT_ONCE, ...options },
    controllerFor(SharedPattern('workers', 'jobs/#', { qos }), handler.handle),
  );
  scene.onClose(() => handler.finishAll());
  return {
    handler,
    wire: new WireRecord(proxy),
    worker,
    publisher: await scene.publisher(url, options.protocolVersion),
  };
}

describe('A message that runs while its connection is cut', () => {
  onEachBroker(({ protocolVersion, startBroker, scene }) => {
    describe.each([1, 2] as const)('at QoS %i', (qos) => {
      it('joins its resend: it runs once, and is acknowledged once, on the new connection', async () => {
        const url = await startBroker();
        const { handler, wire, worker, publisher } = await workerBehindProxy(scene(), url, qos, {
          protocolVersion,
        });
        await publisher.publish('jobs/a', ['m1'], qos);
        await handler.whenStarted('m1');
        wire.proxy.cut();
        await worker.events.take('joined');
        await worker.events.take('connected', 2);
        await wire.everythingWritten(worker);
        expect(wire.acknowledgements()).toEqual([]);

        handler.finish('m1');
        const { connection } = await wire.acknowledgementOf('m1');
        await publisher.publish('jobs/a', ['m2'], qos);
        await handler.whenStarted('m2');
        handler.finish('m2');
        await wire.acknowledgementOf('m2');
        expect(connection).toBe(2);
        expect(handler.started).toEqual(['m1', 'm2']);
        expect(wire.acknowledged()).toEqual(['m1', 'm2']);
      });

      it('is acknowledged on the new connection when it ended before its resend came', async () => {
        const url = await startBroker();
        const { handler, wire, worker, publisher } = await workerBehindProxy(scene(), url, qos, {
          protocolVersion,
        });
        await publisher.publish('jobs/a', ['m1'], qos);
        await handler.whenStarted('m1');
        wire.proxy.cut();
        await worker.events.take('disconnected');
        handler.finish('m1');
        await worker.events.take('joined');
        const { connection } = await wire.acknowledgementOf('m1');
        await wire.everythingWritten(worker);
        expect(connection).toBe(2);
        expect(handler.started).toEqual(['m1']);
        expect(wire.acknowledged()).toEqual(['m1']);
      });
    });
  });
});

describe('An acknowledgement crosses no connection', () => {
  onVersions((protocolVersion, scene) => {
    describe.each([1, 2] as const)('at QoS %i', (qos) => {
      it('when the session was lost and a new message has the same Packet Identifier', async () => {
        const broker = await scene().embeddedBroker();
        const { handler, wire, worker, publisher } = await workerBehindProxy(scene(), broker.url, qos, {
          protocolVersion,
        });
        await publisher.publish('jobs/a', ['old'], qos);
        await handler.whenStarted('old');
        broker.expireSession('worker:workers:0');
        await worker.events.take('connected', 2);
        await publisher.publish('jobs/a', ['new'], qos);
        await handler.whenStarted('new');
        const packetIds = ['old', 'new'].map((payload) => wire.deliveries(payload)[0]?.packet.messageId);
        expect(packetIds).toEqual([1, 1]);

        handler.finish('old');
        await worker.events.take('acknowledgement-dropped');
        await wire.everythingWritten(worker);
        expect(wire.acknowledgements()).toEqual([]);

        handler.finish('new');
        await wire.acknowledgementOf('new');
        expect(wire.acknowledged()).toEqual(['new']);
      });

      it('when the session was lost and an identical message comes: that one runs for itself', async () => {
        const broker = await scene().embeddedBroker();
        const { handler, wire, worker, publisher } = await workerBehindProxy(scene(), broker.url, qos, {
          protocolVersion,
        });
        await publisher.publish('jobs/a', ['same'], qos);
        await handler.whenStarted('same');
        broker.expireSession('worker:workers:0');
        await worker.events.take('connected', 2);
        await publisher.publish('jobs/a', ['same'], qos);
        await handler.whenStarted('same', 'same');
        expect(worker.events.of('joined')).toEqual([]);

        handler.finish('same');
        await worker.events.take('acknowledgement-dropped');
        await wire.everythingWritten(worker);
        expect(wire.acknowledgements()).toEqual([]);

        handler.finish('same');
        const { connection } = await wire.acknowledgementOf('same');
        expect(connection).toBe(2);
        expect(wire.acknowledged()).toEqual(['same']);
      });

      it('when another worker has taken the message over', async () => {
        const broker = await scene().embeddedBroker();
        const first = await workerBehindProxy(scene(), broker.url, qos, { protocolVersion, clientId: 'first' });
        await first.publisher.publish('jobs/a', ['m1'], qos);
        await first.handler.whenStarted('m1');
        const second = await workerBehindProxy(scene(), broker.url, qos, { protocolVersion, clientId: 'second' });
        first.wire.proxy.cut();
        await second.handler.whenStarted('m1');
        await first.worker.events.take('connected', 2);

        first.handler.finish('m1');
        await first.worker.events.take('acknowledgement-dropped');
        await first.wire.everythingWritten(first.worker);
        expect(first.wire.acknowledgements()).toEqual([]);

        second.handler.finish('m1');
        await second.wire.acknowledgementOf('m1');
        expect(second.wire.acknowledged()).toEqual(['m1']);
      });
    });
  });
});

describe('A resend on the live connection', () => {
  onVersions((protocolVersion, scene) => {
    it.each([1, 2] as const)('of a QoS %i message that runs joins it: one run, one acknowledgement', async (qos) => {
      const broker = await scene().embeddedBroker();
      const { handler, wire, worker, publisher } = await workerBehindProxy(scene(), broker.url, qos, {
        protocolVersion,
      });
      await publisher.publish('jobs/a', ['m1'], qos);
      await handler.whenStarted('m1');
      broker.resend('worker:workers:0');
      await worker.events.take('joined');
      handler.finish('m1');
      await wire.acknowledgementOf('m1');
      await wire.everythingWritten(worker);
      expect(wire.deliveries('m1').map(({ packet }) => packet.cmd === 'publish' && packet.dup)).toEqual([false, true]);
      expect(handler.started).toEqual(['m1']);
      expect(wire.acknowledged()).toEqual(['m1']);
    });

    it('of a message that waits for its place leaves it in one place', async () => {
      const broker = await scene().embeddedBroker();
      const { handler, wire, worker, publisher } = await workerBehindProxy(scene(), broker.url, 1, {
        protocolVersion,
        concurrency: 1,
      });
      await publisher.publish('jobs/a', ['m1', 'm2'], 1);
      await worker.events.take('received', 2);
      broker.resend('worker:workers:0');
      await worker.events.take('joined', 2);
      handler.finish('m1');
      await handler.whenStarted('m2');
      handler.finish('m2');
      await wire.acknowledgementOf('m2');
      await wire.everythingWritten(worker);
      expect(handler.started).toEqual(['m1', 'm2']);
      expect(wire.acknowledged()).toEqual(['m1', 'm2']);
    });
  });
});

describe('A QoS 2 message that the worker has taken with a PUBREC the broker never read', () => {
  onVersions((protocolVersion, scene) => {
    it('[MQTT-4.3.3-10] does not run again when it is resent on the next connection, and is taken there', async () => {
      const broker = await scene().embeddedBroker();
      const { handler, wire, worker, publisher } = await workerBehindProxy(scene(), broker.url, 2, { protocolVersion });
      await publisher.publish('jobs/a', ['m1'], 2);
      await handler.whenStarted('m1');
      broker.silence('worker:workers:0');
      handler.finish('m1');
      await wire.acknowledgementOf('m1');
      wire.proxy.cut();
      await wire.proxy.waitFor(({ connection, packet }) => connection === 2 && packet.cmd === 'pubcomp');
      await publisher.publish('jobs/a', ['m2'], 2);
      await handler.whenStarted('m2');
      handler.finish('m2');
      await wire.acknowledgementOf('m2');
      await wire.everythingWritten(worker);

      expect(handler.started).toEqual(['m1', 'm2']);
      expect(wire.deliveries().map((each) => `${each.connection} ${payloadOf(each)}`)).toEqual([
        '1 m1',
        '2 m1',
        '2 m2',
      ]);
      expect(wire.acknowledged()).toEqual(['m1', 'm1', 'm2']);
    });
  });
});
