import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type MQTTSharedContext, type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { type Ground, onEachBroker } from '../support/on-each-broker.js';
import { ids, type TestPublisher, type Worker } from '../support/scene.js';
import { Watch } from '../support/watch.js';
import { payloadOf, WireRecord } from '../support/wire-record.js';

interface OnTheWire {
  readonly wire: WireRecord;
  readonly worker: Worker;
  readonly publisher: TestPublisher;
}

/** Long enough for no test to see it. */
const NEVER = 60_000;

async function workerBehindProxy(
  { scene, startBroker, protocolVersion }: Ground,
  options: MQTTSharedServerOptions,
  pattern: MethodDecorator,
  handle: (id: string, ctx: MQTTSharedContext) => unknown,
): Promise<OnTheWire> {
  const url = await startBroker();
  const proxy = await scene().proxy(url);
  const worker = await scene().worker({ url: proxy.url, protocolVersion, ...options }, controllerFor(pattern, handle));
  return { wire: new WireRecord(proxy), worker, publisher: await scene().publisher(url, protocolVersion) };
}

describe('A message whose handler fails', () => {
  onEachBroker((ground) => {
    it('is tried again with growing waits, and acknowledged once when an attempt succeeds', async () => {
      const calls: { attempt: number; at: number }[] = [];
      const onError = { attempts: 3, backoff: { initial: 40, factor: 2, jitter: 0 } };
      const { wire, worker, publisher } = await workerBehindProxy(
        ground,
        { onError },
        SharedPattern('workers', 'jobs/#'),
        (_id, { attempt }) => {
          calls.push({ attempt, at: performance.now() });
          if (attempt < 3) throw new Error(`attempt ${attempt}`);
        },
      );
      await publisher.publish('jobs/a', ['m1']);
      await wire.acknowledgementOf('m1');
      const waits = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0));
      expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      expect(waits[0]).toBeGreaterThanOrEqual(39); // Node's timers may be a millisecond early
      expect(waits[1]).toBeGreaterThanOrEqual(79);
      expect(worker.events.of('failed').map(({ retryIn }) => retryIn)).toEqual([40, 80]);
      expect(wire.acknowledged()).toEqual(['m1']);
      expect(wire.deliveries('m1')).toHaveLength(1);
    });

    it('leaves its place to others while it waits for its next attempt', async () => {
      const handler = new ControlledHandler();
      const onError = { backoff: { initial: NEVER, max: NEVER, jitter: 0 } };
      const { worker, publisher } = await workerBehindProxy(
        ground,
        { onError, concurrency: 1, drainTimeout: 0 },
        SharedPattern('workers', 'jobs/#'),
        handler.handle,
      );
      ground.scene().onClose(() => handler.finishAll());
      await publisher.publish('jobs/a', ['m1', 'm2']);
      await handler.whenStarted('m1');
      handler.fail('m1', new Error('not now'));
      await handler.whenStarted('m2');
      expect(worker.server.stats().groups).toMatchObject([{ running: 1, waiting: 1, unsettled: 2 }]);
    });

    it('does not call a handler again that has succeeded when another of the same message fails', async () => {
      const url = await ground.startBroker();
      const calls: string[] = [];
      const pattern = SharedPattern('workers', 'jobs/#');
      const worker = await ground.scene().worker(
        { url, protocolVersion: ground.protocolVersion, onError: { backoff: { initial: 1 } } },
        controllerFor(pattern, () => calls.push('good')),
        controllerFor(pattern, (_id, { attempt }) => {
          calls.push(`bad ${attempt}`);
          if (attempt < 3) throw new Error('bad');
        }),
      );
      const publisher = await ground.scene().publisher(url, ground.protocolVersion);
      await publisher.publish('jobs/a', ['m1']);
      await worker.events.take('acknowledged');
      expect(calls.toSorted()).toEqual(['bad 1', 'bad 2', 'bad 3', 'good']);
    });

    describe.each([1, 2] as const)('for good, at QoS %i', (qos) => {
      const pattern = SharedPattern('workers', 'jobs/#', { qos });

      it('stays unacknowledged, holds back no other, and comes again on a new connection', async () => {
        const handler = new ControlledHandler();
        const { wire, worker, publisher } = await workerBehindProxy(
          ground,
          { onError: { attempts: 1 }, redeliverAfter: 150 },
          pattern,
          handler.handle,
        );
        ground.scene().onClose(() => handler.finishAll());
        await publisher.publish('jobs/a', ['m1', 'm2', 'm3'], qos);
        await handler.whenStarted('m1', 'm2', 'm3');
        handler.finish('m2');
        handler.fail('m1', new Error('broken'));
        handler.finish('m3');
        await wire.acknowledgementOf('m3');
        expect(wire.acknowledged()).toEqual(['m2', 'm3']);

        await handler.whenStarted('m1', 'm1');
        expect(worker.events.of('recycling').map(({ held }) => held)).toEqual([1]);
        handler.finish('m1');
        const { connection } = await wire.acknowledgementOf('m1');
        await wire.everythingWritten(worker);
        expect(connection).toBe(2);
        expect(wire.acknowledged()).toEqual(['m2', 'm3', 'm1']);
        expect(handler.started).toEqual(['m1', 'm2', 'm3', 'm1']);
      });

      it('comes again at once when such messages fill half the window', async () => {
        const handler = new ControlledHandler();
        const { wire, worker, publisher } = await workerBehindProxy(
          ground,
          { onError: { attempts: 1 }, redeliverAfter: NEVER, receiveMaximum: 4 },
          pattern,
          handler.handle,
        );
        ground.scene().onClose(() => handler.finishAll());
        await publisher.publish('jobs/a', ['m1', 'm2'], qos);
        await handler.whenStarted('m1', 'm2');
        handler.fail('m1', new Error('broken'));
        await worker.events.take('held');
        await wire.everythingWritten(worker);
        await publisher.publish('jobs/a', ['m3'], qos);
        await handler.whenStarted('m3'); // nothing would start any more if the connection were to be renewed
        expect(worker.events.of('recycling')).toEqual([]);
        handler.finish('m3');

        handler.fail('m2', new Error('broken'));
        await handler.whenStarted('m1', 'm1', 'm2', 'm2');
        expect(worker.events.of('recycling').map(({ held }) => held)).toEqual([2]);
        for (const id of ['m1', 'm2']) handler.finish(id);
        await wire.acknowledgementOf('m2');
        expect(wire.acknowledged()).toEqual(['m3', 'm1', 'm2']);
      });

      it('lets what runs finish, and be acknowledged, before the connection is renewed', async () => {
        const handler = new ControlledHandler();
        const { wire, worker, publisher } = await workerBehindProxy(
          ground,
          { onError: { attempts: 1 }, redeliverAfter: NEVER, receiveMaximum: 2 },
          pattern,
          handler.handle,
        );
        ground.scene().onClose(() => handler.finishAll());
        await publisher.publish('jobs/a', ['m1', 'm2'], qos);
        await handler.whenStarted('m1', 'm2');
        handler.fail('m1', new Error('broken'));
        await worker.events.take('recycling');
        handler.finish('m2');
        await handler.whenStarted('m1', 'm1');
        handler.finish('m1');
        await wire.acknowledgementOf('m1');
        expect(wire.acknowledgements().map(({ connection }) => connection)).toEqual([1, 2]);
        // Not before the broker has read them all: one that sees the next connection first would send m2 again.
        const told = ['puback', 'pubrec', 'pingreq', 'pingresp', 'disconnect'];
        const first = wire.proxy.recorded.filter(({ connection }) => connection === 1).map(({ packet }) => packet.cmd);
        const end = [qos === 1 ? 'puback' : 'pubrec', 'pingreq', 'pingresp', 'disconnect'];
        expect(first.filter((cmd) => told.includes(cmd))).toEqual(end);
        expect(wire.acknowledged()).toEqual(['m2', 'm1']);
        expect(handler.started).toEqual(['m1', 'm2', 'm1']);
      });
    });

    it('does not take the others of a clean session with it when the connection is renewed', async () => {
      const url = await ground.startBroker();
      const { protocolVersion } = ground;
      const runs: string[] = [];
      let open = (): void => {};
      const gate = new Promise<void>((resolve) => (open = resolve));
      const worker = await ground.scene().worker(
        { url, protocolVersion, clientId: undefined, concurrency: 2, onError: { attempts: 1 }, redeliverAfter: 20 },
        controllerFor(SharedPattern('workers', 'jobs/#'), async (id) => {
          runs.push(id);
          await gate;
          if (id === 'poison') throw new Error('poison');
          await setTimeout(5);
        }),
      );
      const publisher = await ground.scene().publisher(url, protocolVersion);
      const before = ids(40);
      await publisher.publishEach(['poison', ...before].map((payload) => ({ topic: 'jobs/a', payload })));
      open(); // what is published while the only worker renews its connection nobody gets
      await worker.events.take('subscribed', 2);
      expect(runs.toSorted()).toEqual(['poison', ...before].toSorted());
      await publisher.publish('jobs/a', ['after']);
      await worker.events.take('handled', before.length + 1);
      expect(runs.at(-1)).toBe('after');
    });

    it('fails by its timeout: the signal is aborted, and the next attempt has a new one', async () => {
      const aborted: unknown[] = [];
      const { wire, worker, publisher } = await workerBehindProxy(
        ground,
        { onError: { backoff: { initial: 1 } } },
        SharedPattern('workers', 'jobs/#', { timeout: 30 }),
        async (_id, { attempt, signal }) => {
          if (attempt > 1) return;
          await once(signal, 'abort');
          aborted.push(signal.reason);
        },
      );
      await publisher.publish('jobs/a', ['m1']);
      await wire.acknowledgementOf('m1');
      expect(aborted).toMatchObject([{ code: 'HANDLER_TIMEOUT' }]);
      expect(worker.events.of('failed')).toMatchObject([{ attempt: 1, error: { code: 'HANDLER_TIMEOUT' } }]);
      expect(worker.events.of('started').map(({ attempt }) => attempt)).toEqual([1, 2]);
    });
  });
});

describe("A message of a pattern with ack: 'manual'", () => {
  onEachBroker((ground) => {
    describe.each([1, 2] as const)('at QoS %i', (qos) => {
      /** A worker whose method returns at once and leaves its context here. */
      async function workerThatKeepsContexts() {
        const contexts = new Map<string, MQTTSharedContext>();
        const watch = new Watch();
        const pattern = SharedPattern('workers', 'jobs/#', { qos, ack: 'manual' });
        const wired = await workerBehindProxy(ground, { drainTimeout: 0 }, pattern, (id, ctx) => {
          contexts.set(id, ctx);
          watch.changed();
        });
        const context = (id: string): Promise<MQTTSharedContext> =>
          watch.until(
            () => contexts.get(id),
            () => `Wanted: ${id}. Called with: ${[...contexts.keys()].join(', ')}.`,
          );
        return { ...wired, context };
      }

      it("is acknowledged by ctx.ack() after its method's end, once: a second call is false", async () => {
        const { wire, worker, publisher, context } = await workerThatKeepsContexts();
        await publisher.publish('jobs/a', ['m1'], qos);
        const m1 = await context('m1');
        await wire.everythingWritten(worker);
        expect(wire.acknowledgements()).toEqual([]);

        expect(m1.ack()).toBe(true);
        expect(m1.ack()).toBe(false);
        expect(m1.reject()).toBe(false);
        await wire.acknowledgementOf('m1');
        await wire.everythingWritten(worker);
        expect(wire.acknowledged()).toEqual(['m1']);
      });

      it('leaves its place to others while it waits for ctx.ack()', async () => {
        const { wire, publisher, context } = await workerThatKeepsContexts();
        const payloads = ids(20); // more than may run at once
        await publisher.publish('jobs/a', payloads, qos);
        for (const each of await Promise.all(payloads.map(context))) each.ack();
        await wire.acknowledgementOf('m20');
        expect(wire.acknowledged()).toEqual(payloads);
      });

      it('is refused by ctx.reject(): with a Reason Code on 5.0, acknowledged on 3.1.1, and not sent again', async () => {
        const { wire, worker, publisher, context } = await workerThatKeepsContexts();
        await publisher.publish('jobs/a', ['m1', 'm2'], qos);
        const [m1, m2] = await Promise.all([context('m1'), context('m2')]);
        expect(m1.reject()).toBe(true);
        expect(m2.reject(0x97)).toBe(true);
        expect(m1.ack()).toBe(false);
        await wire.acknowledgementOf('m2');
        const reasonCodes = wire
          .acknowledgements()
          .map(({ packet }) => ('reasonCode' in packet ? packet.reasonCode : undefined));
        expect(reasonCodes).toEqual(ground.protocolVersion === 5 ? [0x83, 0x97] : [undefined, undefined]);

        wire.proxy.cut();
        await worker.events.take('connected', 2);
        await publisher.publish('jobs/a', ['m3'], qos);
        const m3 = await context('m3');
        expect(wire.deliveries().map(payloadOf)).toEqual(['m1', 'm2', 'm3']);
        m3.ack();
        await wire.acknowledgementOf('m3');
      });
    });
  });
});
