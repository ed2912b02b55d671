import { describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { type MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { onEachBroker, VERSIONS } from '../support/on-each-broker.js';
import { ids, Scene } from '../support/scene.js';

const LOAD = 300;

/** A handler that takes a few milliseconds, and what it has been called with and what it has finished. */
function recordingHandler(milliseconds: number) {
  const started: string[] = [];
  const finished: string[] = [];
  return {
    started,
    finished,
    handle: async (id: string): Promise<void> => {
      started.push(id);
      await setTimeout(milliseconds);
      finished.push(id);
    },
  };
}

describe('close()', () => {
  onEachBroker(({ protocolVersion, startBroker, scene }) => {
    describe.each([1, 2] as const)('at QoS %i', (qos) => {
      const pattern = SharedPattern('workers', 'jobs/#', { qos });

      it('under load finishes what runs and what the session still holds, then ends the session', async () => {
        const url = await startBroker();
        const payloads = ids(LOAD);
        const handler = new ControlledHandler();
        const worker = await scene().worker(
          { url, protocolVersion, clientId: 'worker', concurrency: 5 },
          controllerFor(pattern, handler.handle),
        );
        const publisher = await scene().publisher(url, protocolVersion);
        await publisher.publishEach(
          payloads.map((payload) => ({ topic: 'jobs/a', payload })),
          qos,
        );
        await worker.events.take('received', 10);
        expect(handler.running).toHaveLength(5);
        const closed = worker.close();
        handler.finishAll();
        await closed;

        expect(handler.started.toSorted()).toEqual(payloads.toSorted());
        expect(handler.ended.toSorted()).toEqual(payloads.toSorted());
        expect(worker.events.of('acknowledged')).toHaveLength(LOAD);
        expect(worker.events.of('drained')).toMatchObject([{ connection: 'worker:workers:0', left: 0 }]);
        expect(await scene().sessionPresent(url, 'worker:workers:0', protocolVersion)).toBe(false);
      });

      it('by drainTimeout leaves a handler that never ends: its signal is aborted, the session is kept', async () => {
        const url = await startBroker();
        const handler = new ControlledHandler();
        const contexts: MQTTSharedContext[] = [];
        const worker = await scene().worker(
          { url, protocolVersion, clientId: 'worker', concurrency: 1, drainTimeout: 200 },
          controllerFor(pattern, (id, ctx) => {
            contexts.push(ctx);
            return handler.handle(id);
          }),
        );
        const publisher = await scene().publisher(url, protocolVersion);
        await publisher.publish('jobs/a', ['m1', 'm2'], qos);
        await worker.events.take('received', 2);
        await handler.whenStarted('m1');
        const begin = performance.now();
        const closed = worker.close();
        expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false]);
        await closed;
        const duration = performance.now() - begin;

        expect(duration).toBeGreaterThanOrEqual(199);
        expect(duration).toBeLessThan(2_000);
        expect(contexts.map(({ signal }) => signal.reason as unknown)).toMatchObject([{ code: 'SHUTTING_DOWN' }]);
        expect(worker.events.of('drained')).toMatchObject([{ connection: 'worker:workers:0', left: 2 }]);
        expect(await scene().sessionPresent(url, 'worker:workers:0', protocolVersion)).toBe(true);

        // Done too late: nobody may hear of it, and the other was never begun.
        handler.finish('m1');
        await worker.events.take('acknowledgement-dropped');
        expect(handler.started).toEqual(['m1']);
        expect(worker.events.of('acknowledged')).toEqual([]);
      });

      it('leaves to the next worker of its name what it had no time for', async () => {
        const url = await startBroker();
        const stuck = new ControlledHandler();
        const options = { url, protocolVersion, clientId: 'worker', concurrency: 1, drainTimeout: 50 };
        const first = await scene().worker(options, controllerFor(pattern, stuck.handle));
        const publisher = await scene().publisher(url, protocolVersion);
        await publisher.publish('jobs/a', ['m1', 'm2', 'm3'], qos);
        await first.events.take('received', 2);
        await first.close();

        const { finished, handle } = recordingHandler(1);
        const next = await scene().worker(options, controllerFor(pattern, handle));
        await next.events.take('acknowledged', 3);
        expect(finished).toEqual(['m1', 'm2', 'm3']);
      });
    });

    it('that ran out of time leaves new messages to the other workers all the same', async () => {
      const url = await startBroker();
      const stuck = new ControlledHandler();
      const { started, handle } = recordingHandler(1);
      const pattern = SharedPattern('workers', 'jobs/#');
      const options = { url, protocolVersion, drainTimeout: 50 };
      const leaving = await scene().worker({ ...options, clientId: 'leaving' }, controllerFor(pattern, stuck.handle));
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publish('jobs/a', ['stuck']);
      await stuck.whenStarted('stuck');
      const staying = await scene().worker({ ...options, clientId: 'staying' }, controllerFor(pattern, handle));
      await leaving.close();

      const payloads = ids(10);
      await publisher.publish('jobs/a', payloads);
      await staying.events.take('acknowledged', payloads.length);
      expect(started.filter((id) => id !== 'stuck')).toEqual(payloads);
    });

    it('lets the running messages of a full window be acknowledged before it waits for anything else', async () => {
      const url = await startBroker();
      const handler = new ControlledHandler();
      const controller = controllerFor(SharedPattern('workers', 'jobs/#'), handler.handle);
      const worker = await scene().worker({ url, protocolVersion, concurrency: 1, receiveMaximum: 1 }, controller);
      scene().onClose(() => handler.finishAll());
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publish('jobs/a', ['m1', 'm2', 'm3', 'm4']);
      await handler.whenStarted('m1');
      const closed = worker.close();
      for (const id of ['m1', 'm2', 'm3', 'm4']) {
        await handler.whenStarted(id);
        handler.finish(id);
      }
      await closed;
      expect(handler.started).toEqual(['m1', 'm2', 'm3', 'm4']);
      expect(worker.events.of('acknowledged')).toHaveLength(4);
      expect(worker.events.of('drained')).toMatchObject([{ left: 0 }]);
    });
  });
});

(hasMosquitto() ? describe : describe.skip)('close() of one worker of two under load, on Mosquitto', () => {
  describe.each(VERSIONS)('protocol version %i', (protocolVersion) => {
    it.each([1, 2] as const)('at QoS %i loses nothing and runs nothing twice', async (qos) => {
      const scene = new Scene();
      try {
        const { url } = await scene.mosquitto({ config: ['max_queued_messages 0'] });
        const pattern = SharedPattern('workers', 'jobs/#', { qos });
        const [leaving, staying] = [recordingHandler(2), recordingHandler(2)];
        const options = { url, protocolVersion, concurrency: 20 };
        const one = await scene.worker({ ...options, clientId: 'leaving' }, controllerFor(pattern, leaving.handle));
        const other = await scene.worker({ ...options, clientId: 'staying' }, controllerFor(pattern, staying.handle));
        const publisher = await scene.publisher(url, protocolVersion);
        const payloads: string[] = [];
        let left = false;
        function* untilAfterItHasLeft(): Iterable<{ topic: string; payload: string }> {
          for (let afterwards = 0; afterwards < 100; afterwards += left ? 1 : 0) {
            const payload = `m${payloads.length}`;
            payloads.push(payload);
            yield { topic: 'jobs/a', payload };
          }
        }
        const published = publisher.publishEach(untilAfterItHasLeft(), qos);
        await one.events.take('handled', 50);
        await one.close();
        expect(await scene.sessionPresent(url, 'leaving:workers:0', protocolVersion)).toBe(false);
        left = true;
        await published;
        await other.events.take('acknowledged', payloads.length - leaving.finished.length, 20_000);
        await other.close();

        expect([...leaving.started, ...staying.started].toSorted()).toEqual(payloads.toSorted());
        expect([...leaving.finished, ...staying.finished].toSorted()).toEqual(payloads.toSorted());
        expect(staying.finished).toEqual(expect.arrayContaining(payloads.slice(-100)));
      } finally {
        await scene.close();
      }
    });
  });
});
