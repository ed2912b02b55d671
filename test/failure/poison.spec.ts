/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import {
  DeadLetterMessage,
  type MQTTSharedServerOptions,
  type OnErrorOptions,
  SharedPattern,
} from 'nestjs-mqtt-shared';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker } from '../support/on-each-broker.js';
import type { RecordedPacket } from '../support/recording-proxy.js';
import { ids } from '../support/scene.js';
import { Watch } from '../support/watch.js';
import { connect, failingWorker } from './failing-worker.js';

const GOOD = ids(1_000, 'good-');
const EVERYTHING = [...GOOD, 'poison'];
const BACKOFF = { initial: 20, factor: 2, jitter: 0 };
/** Node's timers may be a millisecond early. */
const EARLY = 1;

/** The payloads that the worker acknowledged, in one pass over what was on the wire. */
function acknowledgedIn(recorded: readonly RecordedPacket[]): string[] {
  const delivered = new Map<string, string>();
  return recorded.flatMap(({ direction, packet, connection }) => {
    const key = `${connection} ${packet.messageId}`;
    if (direction === 'toClient' && packet.cmd === 'publish') delivered.set(key, packet.payload.toString());
    return direction === 'toServer' && packet.cmd === 'puback' ? [delivered.get(key) ?? key] : [];
  });
}

describe('A poison message among 1,000 good ones, with concurrency 16', () => {
  onEachBroker((ground) => {
    async function flooded(onError: OnErrorOptions, options: MQTTSharedServerOptions = {}) {
      const runs = new Map<string, number[]>(EVERYTHING.map((id) => [id, []]));
      const poison = { fails: true };
      const handled = new Watch();
      const url = await ground.startBroker();
      const failing = await failingWorker(
        ground,
        url,
        { onError: { attempts: 3, backoff: BACKOFF, ...onError }, concurrency: 16, ...options },
        controllerFor(SharedPattern('workers', 'jobs/#'), async (id) => {
          runs.get(id)?.push(performance.now());
          handled.changed();
          if (id === 'poison' && poison.fails) throw new Error('poison');
          await setTimeout(1); // some work, so that messages run side by side
        }),
      );
      const publisher = await ground.scene().publisher(url, ground.protocolVersion);
      const messages = [...GOOD.slice(0, 300), 'poison', ...GOOD.slice(300)];
      await publisher.publishEach(messages.map((payload) => ({ topic: 'jobs/a', payload })));
      const goodRuns = (): number[] => GOOD.map((id) => runs.get(id)?.length ?? 0);
      await handled.until(
        () => goodRuns().every((count) => count > 0) || undefined,
        () => `Not run: ${GOOD.filter((id) => runs.get(id)?.length === 0).join(', ')}.`,
        20_000,
      );
      return { ...failing, poison, goodRuns, poisonRuns: () => runs.get('poison') ?? [] };
    }

    /** Everything but the poison was run once and acknowledged. */
    const ALL_ONCE = GOOD.map(() => 1);

    it.each(['dead-letter', 'reject', 'ack'] as const)(
      'runs once for each step of the backoff, and ends by `then: %s`',
      async (then) => {
        const { wire, worker, goodRuns, poisonRuns, deadLetters } = await flooded({ then });
        await worker.events.take('acknowledged', EVERYTHING.length);
        await wire.everythingWritten(worker);
        const [first = 0, second = 0, third = 0, ...more] = poisonRuns();
        expect(more).toEqual([]);
        expect(second - first).toBeGreaterThanOrEqual(20 - EARLY);
        expect(third - second).toBeGreaterThanOrEqual(40 - EARLY);
        expect(goodRuns()).toEqual(ALL_ONCE);
        expect(acknowledgedIn(wire.proxy.recorded).toSorted()).toEqual(EVERYTHING.toSorted());
        await deadLetters.ping();
        expect(deadLetters.payloads).toEqual(then === 'dead-letter' ? ['poison'] : []);
      },
    );

    it('comes again and again by `then: redeliver`, no faster than its steps, until it succeeds', async () => {
      const redeliverAfter = 200;
      const { wire, worker, poison, goodRuns, poisonRuns } = await flooded({ attempts: 2 }, { redeliverAfter });
      await worker.events.take('held', 3);
      poison.fails = false;
      await worker.events.take('acknowledged', EVERYTHING.length);
      await wire.everythingWritten(worker);
      const waits = poisonRuns()
        .slice(1)
        .map((at, index) => at - (poisonRuns()[index] ?? 0));
      for (const [index, wait] of waits.entries()) {
        expect(wait).toBeGreaterThanOrEqual((index % 2 === 0 ? 20 : redeliverAfter) - EARLY);
      }
      expect(poisonRuns()).toHaveLength(2 * worker.events.of('held').length + 1);
      expect(worker.events.of('recycling')).toHaveLength(worker.events.of('held').length);
      expect(goodRuns()).toEqual(ALL_ONCE);
      expect(acknowledgedIn(wire.proxy.recorded).toSorted()).toEqual(EVERYTHING.toSorted());
    });
  });
});

describe('A poison message among 10,000 good ones', () => {
  onEachBroker(({ protocolVersion, startBroker, scene }) => {
    it('comes again until its handler gives it up by the attempts counted, and every good one is handled once', async () => {
      const good = ids(10_000, 'good-');
      const redeliverAfter = 100;
      const runs = new Map<string, number>(good.map((id) => [id, 0]));
      const poisonRuns: { readonly attempt: number; readonly at: number }[] = [];
      const progress = new Watch();
      let left = good.length;
      const url = await startBroker();
      const deadLetters = await connect(scene(), url, { clientId: 'dead-letters', protocolVersion });
      await deadLetters.subscribe('dead-letter/#', { qos: 1 });
      const worker = await scene().worker(
        { url, protocolVersion, redeliverAfter, onError: { attempts: 2, backoff: BACKOFF } },
        controllerFor(SharedPattern('workers', 'jobs/#'), async (id, { attempt }) => {
          if (id === 'poison') {
            poisonRuns.push({ attempt, at: performance.now() });
            throw attempt < 7 ? new Error('poison') : new DeadLetterMessage('tried seven times');
          }
          if (runs.get(id) === 0) left--;
          runs.set(id, (runs.get(id) ?? 0) + 1);
          progress.changed();
        }),
      );
      const publisher = await scene().publisher(url, protocolVersion);
      const messages = ['poison', ...good].map((payload) => ({ topic: 'jobs/a', payload }));
      await publisher.publishEach(messages);
      const letter = await deadLetters.waitForPayload('poison');
      await progress.until(
        () => left === 0 || undefined,
        () => `${left} were not run.`,
        20_000,
      );
      await worker.close();

      expect(good.filter((id) => runs.get(id) !== 1)).toEqual([]);
      expect(worker.events.of('drained')).toMatchObject([{ left: 0 }]);
      expect(letter.properties?.userProperties?.['dead-letter-attempts']).toBe(protocolVersion === 5 ? '7' : undefined);
      expect(poisonRuns.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      // One run for each step: the wait of the backoff, then that for the renewal of the connection.
      for (const [index, { at }] of poisonRuns.slice(1).entries()) {
        const step = index % 2 === 0 ? BACKOFF.initial : redeliverAfter;
        expect(at - (poisonRuns[index]?.at ?? 0)).toBeGreaterThanOrEqual(step - EARLY);
      }
    });
  });
});
