/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { describe, expect, it } from '@jest/globals';
import {
  DeadLetterMessage,
  type MQTTSharedContext,
  type OnErrorOptions,
  RejectMessage,
  RetryMessage,
  SharedPattern,
} from 'nestjs-mqtt-shared';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker } from '../support/on-each-broker.js';
import { failingWorker, QUICK, reasonCodeOf } from './failing-worker.js';

type Then = NonNullable<OnErrorOptions['then']>;

const THENS = ['redeliver', 'dead-letter', 'reject', 'ack'] as const;
const OTHER: Record<Then, Then> = {
  redeliver: 'ack',
  'dead-letter': 'reject',
  reject: 'redeliver',
  ack: 'dead-letter',
};
const PER = {
  'of the server': (then: Then) => [{ then }, {}],
  'of the pattern, before that of the server,': (then: Then) => [{ then: OTHER[then] }, { then }],
} satisfies Record<string, (then: Then) => [OnErrorOptions, OnErrorOptions]>;

describe('A message with no attempt left', () => {
  onEachBroker((ground) => {
    /** Fails always, or until it is delivered a second time. */
    async function workerOf([server, pattern]: OnErrorOptions[], error: unknown = new Error('broken')) {
      const runs: { attempt: number; at: number }[] = [];
      let fails = true;
      const onError = { attempts: 2, backoff: QUICK, ...server };
      const failing = await failingWorker(
        ground,
        await ground.startBroker(),
        { onError, redeliverAfter: 100 },
        controllerFor(
          SharedPattern('workers', 'jobs/#', { onError: pattern }),
          (_id, { attempt }: MQTTSharedContext) => {
            runs.push({ attempt, at: performance.now() });
            if (fails) throw error;
          },
        ),
      );
      const succeed = (): void => void (fails = false);
      const attempts = (): number[] => runs.map(({ attempt }) => attempt);
      return { ...failing, attempts, succeed };
    }

    describe.each(Object.entries(PER))('ends by the `then` %s', (_whose, optionsOf) => {
      it('redeliver: it is not acknowledged, and is delivered again', async () => {
        const { worker, wire, client, deadLetters, attempts, succeed } = await workerOf(optionsOf('redeliver'));
        await client.publish('jobs/a', 'm1');
        await worker.events.take('held');
        expect(wire.acknowledged()).toEqual([]);
        succeed();
        await wire.acknowledgementOf('m1');
        expect(attempts()).toEqual([1, 2, 3]);
        expect(wire.acknowledged()).toEqual(['m1']);
        await deadLetters.ping();
        expect(deadLetters.payloads).toEqual([]);
      });

      it('dead-letter: it is published there and acknowledged', async () => {
        const { wire, client, deadLetters, attempts } = await workerOf(optionsOf('dead-letter'));
        await client.publish('jobs/a', 'm1');
        const { topic } = await deadLetters.waitForPayload('m1');
        const acknowledgement = await wire.acknowledgementOf('m1');
        expect(topic).toBe('dead-letter/workers/jobs/a');
        expect(reasonCodeOf(acknowledgement) ?? 0).toBe(0);
        expect(attempts()).toEqual([1, 2]);
        expect(deadLetters.payloads).toEqual(['m1']);
      });

      it.each([
        ['reject', 0x83],
        ['ack', 0],
      ] as const)('%s: it is acknowledged and nothing is left of it', async (then, reasonCode) => {
        const { worker, wire, client, deadLetters, attempts } = await workerOf(optionsOf(then));
        await client.publish('jobs/a', 'm1');
        const acknowledgement = await wire.acknowledgementOf('m1');
        expect(reasonCodeOf(acknowledgement) ?? 0).toBe(ground.protocolVersion === 5 ? reasonCode : 0);
        expect(attempts()).toEqual([1, 2]);
        expect(worker.events.of('failed').map(({ retryIn }) => retryIn)).toEqual([1, undefined]);

        wire.proxy.cut();
        await worker.events.take('connected', 2);
        await client.publish('jobs/b', 'm2');
        await wire.acknowledgementOf('m2');
        expect(wire.deliveries('m1')).toHaveLength(1);
        await deadLetters.ping();
        expect(deadLetters.payloads).toEqual(then === OTHER.ack ? ['m1', 'm2'] : []);
      });
    });

    it.each(THENS)('goes back to the broker for RetryMessage, with `then: %s`', async (then) => {
      const { worker, wire, client, deadLetters, attempts, succeed } = await workerOf(
        [{ then }, {}],
        new RetryMessage('later', { after: 3 }),
      );
      await client.publish('jobs/a', 'm1');
      await worker.events.take('held');
      expect(worker.events.of('failed').map(({ retryIn }) => retryIn)).toEqual([3, undefined]);
      expect(wire.acknowledged()).toEqual([]);
      succeed();
      await wire.acknowledgementOf('m1');
      expect(attempts()).toEqual([1, 2, 3]);
      await deadLetters.ping();
      expect(deadLetters.payloads).toEqual([]);
    });

    it.each(THENS)('goes to the dead letters at once for DeadLetterMessage, with `then: %s`', async (then) => {
      const { wire, client, deadLetters, attempts } = await workerOf([{ then }, {}], new DeadLetterMessage('hopeless'));
      await client.publish('jobs/a', 'm1');
      const { properties } = await deadLetters.waitForPayload('m1');
      await wire.acknowledgementOf('m1');
      expect(attempts()).toEqual([1]);
      expect(properties?.userProperties?.['dead-letter-reason']).toBe(
        ground.protocolVersion === 5 ? 'hopeless' : undefined,
      );
    });

    it.each(THENS)('is refused at once for RejectMessage, with `then: %s`', async (then) => {
      const { wire, client, attempts } = await workerOf([{ then }, {}], new RejectMessage('no', { reasonCode: 0x97 }));
      await client.publish('jobs/a', 'm1');
      const acknowledgement = await wire.acknowledgementOf('m1');
      expect(reasonCodeOf(acknowledgement) ?? 0).toBe(ground.protocolVersion === 5 ? 0x97 : 0);
      expect(attempts()).toEqual([1]);
    });
  });
});
