/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { describe, expect, it } from '@jest/globals';
import { type OnErrorOptions, RetryMessage, SharedPattern } from 'nestjs-mqtt-shared';
import { RpcException } from '@nestjs/microservices';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker } from '../support/on-each-broker.js';
import { connect, failingWorker, QUICK } from './failing-worker.js';

describe('A request whose handler fails', () => {
  onEachBroker((ground) => {
    /** A worker, and somebody who asks it and keeps every answer. */
    async function asked(onError: OnErrorOptions, handle: (attempt: number) => unknown) {
      const attempts: number[] = [];
      const { scene, protocolVersion } = ground;
      const url = await ground.startBroker();
      const failing = await failingWorker(
        ground,
        url,
        { onError: { backoff: QUICK, ...onError }, redeliverAfter: 100 },
        controllerFor(SharedPattern('workers', 'requests/+'), (_data, { attempt }) => {
          attempts.push(attempt);
          return handle(attempt);
        }),
      );
      const requester = await connect(scene(), url, { clientId: 'requester', protocolVersion });
      await requester.subscribe('answers/1');
      const properties = { responseTopic: 'answers/1', correlationData: Buffer.from('one') };
      const payload = JSON.stringify(
        protocolVersion === 5
          ? 'question'
          : { pattern: 'requests/1', data: 'question', id: 'one', replyTo: 'answers/1' },
      );
      await requester.publish('requests/1', payload, protocolVersion === 5 ? { properties } : {});
      await failing.wire.acknowledgementOf(payload);
      return { ...failing, attempts, requester, payload };
    }

    it.each(['redeliver', 'dead-letter', 'reject', 'ack'] as const)(
      'is answered with the error once, at the first attempt, and acknowledged: `then: %s`',
      async (then) => {
        const { attempts, requester, deadLetters, wire, worker, payload } = await asked({ then }, () => {
          throw new RpcException('no such job');
        });
        const [answer] = await requester.waitForPublishes(1);
        expect(answer?.payload.toString()).toContain('no such job');
        expect(attempts).toEqual([1]);

        wire.proxy.cut();
        await worker.events.take('connected', 2);
        await requester.ping();
        await deadLetters.ping();
        expect(requester.publishes).toHaveLength(1);
        expect(wire.deliveries(payload)).toHaveLength(1);
        expect(deadLetters.payloads).toEqual([]);
      },
    );

    it('with RetryMessage is tried again, and answered once by the attempt that succeeds', async () => {
      const { attempts, requester } = await asked({ attempts: 3 }, (attempt) => {
        if (attempt < 3) throw new RetryMessage('later');
        return 'answer';
      });
      const [answer] = await requester.waitForPublishes(1);
      expect(answer?.payload.toString()).toContain('answer');
      expect(attempts).toEqual([1, 2, 3]);
      await requester.ping();
      expect(requester.publishes).toHaveLength(1);
    });

    it('with RetryMessage to the end is answered with the error, once', async () => {
      const { attempts, requester } = await asked({ attempts: 2 }, () => {
        throw new RetryMessage('still not');
      });
      const [answer] = await requester.waitForPublishes(1);
      expect(answer?.payload.toString()).toContain('still not');
      expect(attempts).toEqual([1, 2]);
      await requester.ping();
      expect(requester.publishes).toHaveLength(1);
    });
  });
});
