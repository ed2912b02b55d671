import { describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { type OrderBy, SharedPattern } from 'nestjs-mqtt-shared';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker, onVersions } from '../support/on-each-broker.js';
import { ids } from '../support/scene.js';

/** Messages by which what is measured has been compiled. */
const WARM_UP = 200;

describe('Concurrency', () => {
  onEachBroker(({ protocolVersion, startBroker, scene }) => {
    it('of 1 never runs two', async () => {
      const url = await startBroker();
      const payloads = ids(50);
      let running = 0;
      const overlapping: string[] = [];
      const controller = controllerFor(SharedPattern('workers', 'jobs/#'), async (id) => {
        if (++running > 1) overlapping.push(id);
        await setTimeout(1);
        running--;
      });
      const worker = await scene().worker({ url, protocolVersion, concurrency: 1 }, controller);
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publishEach(payloads.map((payload) => ({ topic: 'jobs/a', payload })));
      await worker.events.take('handled', payloads.length);
      expect(overlapping).toEqual([]);
    });

    it('is real: 1,000 messages overlap as much as 10 s of handling in less than 1 s takes', async () => {
      const url = await startBroker();
      const payloads = ids(WARM_UP + 1000);
      await scene().leaveSession(url, 'worker:workers:0', '$share/workers/jobs/#', protocolVersion);
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publishEach(payloads.map((payload) => ({ topic: 'jobs/a', payload })));

      const handled: string[] = [];
      let begin: number | undefined;
      let handling = 0;
      const controller = controllerFor(SharedPattern('workers', 'jobs/#'), async (id) => {
        if (handled.length >= WARM_UP) begin ??= performance.now();
        const started = performance.now();
        await setTimeout(10);
        if (begin !== undefined) handling += performance.now() - started;
        handled.push(id);
      });
      const options = { url, protocolVersion, clientId: 'worker', concurrency: 100 };
      const worker = await scene().worker(options, controller);
      await worker.events.take('acknowledged', payloads.length);
      const duration = performance.now() - (begin ?? NaN);

      expect(handled.toSorted()).toEqual(payloads.toSorted());
      // What handlers took in all, against the clock: on a busy machine both are longer. `npm run bench` has the times.
      expect(handling / duration).toBeGreaterThan(10);
    });
  });

  onVersions((protocolVersion, scene) => {
    it('of a pattern may be lower, and leaves the other places to other patterns', async () => {
      const { url } = await scene().embeddedBroker();
      const [slow, fast] = [new ControlledHandler(), new ControlledHandler()];
      await scene().worker(
        { url, protocolVersion, concurrency: 5 },
        controllerFor(SharedPattern('workers', 'slow', { concurrency: 2 }), slow.handle),
        controllerFor(SharedPattern('workers', 'fast'), fast.handle),
      );
      scene().onClose(() => [slow, fast].forEach((handler) => handler.finishAll()));
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publish('slow', ids(4, 's'));
      await publisher.publish('fast', ids(4, 'f'));
      // These came later, so whatever was to start before them has started.
      await fast.whenStarted('f1', 'f2', 'f3');
      expect(slow.started).toEqual(['s1', 's2']);
      expect(fast.started).toEqual(['f1', 'f2', 'f3']);

      slow.finish('s2');
      await fast.whenStarted('f4');
      fast.finish('f1');
      await slow.whenStarted('s3');
      expect(slow.started).toEqual(['s1', 's2', 's3']);
    });

    it('bounds what runs on a connection, not what waits there', async () => {
      const { url } = await scene().embeddedBroker();
      const handler = new ControlledHandler();
      const controller = controllerFor(SharedPattern('workers', 'jobs'), handler.handle);
      const worker = await scene().worker({ url, protocolVersion, concurrency: 3, receiveMaximum: 10 }, controller);
      scene().onClose(() => handler.finishAll());
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publish('jobs', ids(10));
      await worker.events.take('received', 10);
      expect(handler.running).toEqual(['m1', 'm2', 'm3']);
      expect(worker.server.stats().groups).toMatchObject([{ running: 3, waiting: 7, unsettled: 10 }]);

      handler.finish('m2');
      await handler.whenStarted('m4');
      expect(handler.running).toEqual(['m1', 'm3', 'm4']);
    });
  });
});

const KEYS = ['a', 'b', 'c'];

describe('Messages of one key', () => {
  onVersions((protocolVersion, scene) => {
    describe.each<[string, OrderBy]>([
      ["'topic'", 'topic'],
      ['a function of the data', ({ data }) => String(data).charAt(0)],
      ['a function of a named level', ({ params }) => params.key ?? ''],
    ])('with orderBy %s', (_name, orderBy) => {
      it('run one after another in the order of arrival, while other keys run', async () => {
        const { url } = await scene().embeddedBroker();
        const handler = new ControlledHandler();
        const controller = controllerFor(SharedPattern('workers', 'jobs/+key', { orderBy }), handler.handle);
        await scene().worker({ url, protocolVersion }, controller);
        scene().onClose(() => handler.finishAll());
        const publisher = await scene().publisher(url, protocolVersion);
        for (const number of [1, 2, 3]) {
          for (const key of KEYS) await publisher.publish(`jobs/${key}`, [`${key}${number}`]);
        }
        await handler.whenStarted('a1', 'b1', 'c1');
        expect(handler.running).toEqual(['a1', 'b1', 'c1']);

        handler.finish('b1');
        await handler.whenStarted('b2');
        handler.finish('b2');
        await handler.whenStarted('b3');
        expect(handler.running).toEqual(['a1', 'c1', 'b3']);

        for (const id of ['a1', 'c1', 'a2', 'c2', 'a3', 'c3']) {
          await handler.whenStarted(id);
          handler.finish(id);
        }
        for (const key of KEYS) {
          expect(handler.started.filter((id) => id.startsWith(key))).toEqual(ids(3, key));
        }
      });

      it('run one after another on two connections as well', async () => {
        const broker = await scene().embeddedBroker();
        const handler = new ControlledHandler();
        const controller = controllerFor(SharedPattern('workers', 'jobs/+key', { orderBy }), handler.handle);
        const worker = await scene().worker({ url: broker.url, protocolVersion, connections: 2 }, controller);
        scene().onClose(() => handler.finishAll());
        const publisher = await scene().publisher(broker.url, protocolVersion);
        for (const key of KEYS) await publisher.publish(`jobs/${key}`, ids(6, key));
        const received = await worker.events.take('received', 18);
        const connectionsOfA = received.flatMap(({ message }) =>
          message.topic === 'jobs/a' ? message.connection : [],
        );
        expect(new Set(connectionsOfA).size).toBe(2);
        await handler.whenStarted(...KEYS.map((key) => handler.started.find((id) => id.startsWith(key)) ?? key));

        for (let left = 18; left > 0; left--) {
          const running = handler.running.map((id) => id.charAt(0));
          expect(running.toSorted()).toEqual([...new Set(running)].toSorted());
          const next = handler.running[left % handler.running.length] ?? '';
          handler.finish(next);
          await worker.events.take('handled', 19 - left);
        }
        expect(handler.started.toSorted()).toEqual(KEYS.flatMap((key) => ids(6, key)));
      });
    });
  });
});
