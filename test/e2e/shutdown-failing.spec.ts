import { describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { type MQTTSharedContext, RetryMessage, SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../support/controller-for.js';
import { type Ground, onEachBroker } from '../support/on-each-broker.js';
import { ids } from '../support/scene.js';
import { Watch } from '../support/watch.js';

/** Longer than the time that a test may take: what waits for it fails. */
const NEVER = 600_000;
const SESSION = 'leaving:workers:0';
const adoption = { after: 300 };

describe('close()', () => {
  onEachBroker(({ protocolVersion, startBroker, scene }: Ground) => {
    const pattern = SharedPattern('workers', 'jobs/#');

    it('waits for the attempt of a failed message that begins in time, and ends the session', async () => {
      const url = await startBroker();
      const attempts: number[] = [];
      const leaving = await scene().worker(
        {
          url,
          protocolVersion,
          adoption,
          clientId: 'leaving',
          drainTimeout: NEVER,
          onError: { backoff: { initial: 300, jitter: 0 } },
        },
        controllerFor(pattern, (_id, { attempt }: MQTTSharedContext) => {
          attempts.push(attempt);
          if (attempt === 1) throw new Error('not yet');
        }),
      );
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publish('jobs/a', ['m1']);
      await leaving.events.take('failed');
      expect(attempts).toEqual([1]);
      await leaving.close();
      expect(attempts).toEqual([1, 2]);
      expect(leaving.events.of('drained')).toMatchObject([{ group: 'workers', left: 0 }]);
      expect(await scene().sessionPresent(url, SESSION, protocolVersion)).toBe(false);
    });

    it('leaves a failed message whose attempt would begin too late at once, and another worker gets it', async () => {
      const url = await startBroker();
      const options = { url, protocolVersion, adoption, drainTimeout: NEVER };
      const leaving = await scene().worker(
        { ...options, clientId: 'leaving' },
        controllerFor(pattern, () => {
          throw new RetryMessage('much later', { after: 2 * NEVER });
        }),
      );
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publish('jobs/a', ['m1']);
      await leaving.events.take('failed');
      expect(leaving.events.of('held')).toEqual([]);
      await leaving.close();
      expect(leaving.events.of('held')).toHaveLength(1);
      expect(leaving.events.of('acknowledged')).toEqual([]);
      expect(leaving.events.of('drained')).toMatchObject([{ group: 'workers', left: 1 }]);

      const run: string[] = [];
      const heir = await scene().worker(
        { ...options, clientId: 'heir' },
        controllerFor(pattern, (id) => run.push(id)),
      );
      await heir.events.take('adopted');
      expect(run).toEqual(['m1']);
      await heir.close();
      expect(await scene().sessionPresent(url, SESSION, protocolVersion)).toBe(false);
    });

    it('under full load with a handler that never ends ends in time, says what is left, and loses none of it', async () => {
      const url = await startBroker();
      const drainTimeout = 1_000;
      const options = { url, protocolVersion, adoption, concurrency: 8 };
      const finished: string[] = [];
      const watch = new Watch();
      const handle = async (id: string): Promise<void> => {
        await setTimeout(1);
        finished.push(id);
        watch.changed();
      };
      let stuck: string | undefined;
      const leaving = await scene().worker(
        { ...options, clientId: 'leaving', drainTimeout },
        controllerFor(pattern, (id) => {
          stuck ??= id;
          return id === stuck ? new Promise(() => {}) : handle(id);
        }),
      );
      await scene().worker({ ...options, clientId: 'staying' }, controllerFor(pattern, handle));
      const publisher = await scene().publisher(url, protocolVersion);
      const published = ids(600);
      await publisher.publishEach(published.map((payload) => ({ topic: 'jobs/a', payload })));
      // The one that never ends holds back all acknowledgements, until its connection ends.
      await leaving.events.take('received', 2 * options.concurrency);
      const begin = performance.now();
      await leaving.close();
      const duration = performance.now() - begin;

      expect(duration).toBeGreaterThanOrEqual(drainTimeout - 1);
      expect(duration).toBeLessThan(drainTimeout + 5_000);
      const left = leaving.events.of('received').length - leaving.events.of('acknowledged').length;
      expect(left).toBeGreaterThanOrEqual(1);
      expect(leaving.events.of('drained')).toMatchObject([{ connection: SESSION, group: 'workers', left }]);

      const missing = (): string[] => {
        const done = new Set(finished);
        return published.filter((id) => !done.has(id));
      };
      await watch.until(
        () => missing().length === 0 || undefined,
        () => `Lost: ${missing().length}, ${missing().slice(0, 10).join(', ')}.`,
        20_000,
      );
      expect(finished).toContain(stuck);
    });
  });
});
