/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { describe, expect, it } from '@jest/globals';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker } from '../support/on-each-broker.js';
import { failingWorker, QUICK, reasonCodeOf } from './failing-worker.js';

/** Each is delivered to the worker, and no handler can be called with it. */
const MESSAGES = {
  'cannot be decoded': { topic: 'jobs/a', payload: '{"n": 1', code: 'PAYLOAD_DECODE', attempts: '1' },
  'is too large': { topic: 'jobs/a', payload: '"0123456789"', code: 'PAYLOAD_TOO_LARGE', attempts: '0' },
  'matches nothing': { topic: 'forgotten/a', payload: '{}', code: 'UNMATCHED_MESSAGE', attempts: '0' },
};

describe('A message that', () => {
  onEachBroker((ground) => {
    describe.each(Object.entries(MESSAGES))(
      '%s is not tried again, and ends',
      (_what, { topic, payload, code, attempts }) => {
        async function delivered(then: 'redeliver' | 'dead-letter' | 'reject' | 'ack') {
          const url = await ground.startBroker();
          const calls: string[] = [];
          await ground.scene().leaveSession(url, 'w:workers:0', '$share/workers/forgotten/#', ground.protocolVersion);
          const failing = await failingWorker(
            ground,
            url,
            { onError: { attempts: 5, backoff: QUICK, then }, maxPayload: 10, redeliverAfter: 50 },
            controllerFor(SharedPattern('workers', 'jobs/#', { codec: 'json' }), (id) => calls.push(id)),
          );
          await failing.client.publish(topic, payload);
          return { ...failing, calls };
        }

        it('by redeliver: held, and delivered again', async () => {
          const { worker, wire, calls } = await delivered('redeliver');
          const held = await worker.events.take('held', 2);
          expect(held.map(({ error }) => error)).toMatchObject([{ code }, { code }]);
          expect(wire.acknowledged()).toEqual([]);
          expect(calls).toEqual([]);
        });

        it('by dead-letter: published there, and acknowledged', async () => {
          const { worker, wire, deadLetters, calls } = await delivered('dead-letter');
          const letter = await deadLetters.waitForPayload(payload);
          await wire.acknowledgementOf(payload);
          expect(letter.topic).toBe(`dead-letter/workers/${topic}`);
          expect(letter.properties?.userProperties?.['dead-letter-attempts']).toBe(
            ground.protocolVersion === 5 ? attempts : undefined,
          );
          expect(worker.events.of('failed')).toMatchObject([{ error: { code }, retryIn: undefined }]);
          expect(wire.acknowledged()).toEqual([payload]);
          expect(calls).toEqual([]);
        });

        it.each([
          ['reject', 0x83],
          ['ack', 0],
        ] as const)('by %s: acknowledged', async (then, reasonCode) => {
          const { worker, wire, deadLetters, calls } = await delivered(then);
          const acknowledgement = await wire.acknowledgementOf(payload);
          expect(reasonCodeOf(acknowledgement) ?? 0).toBe(ground.protocolVersion === 5 ? reasonCode : 0);
          expect(worker.events.of('failed')).toMatchObject([{ error: { code }, retryIn: undefined }]);
          await deadLetters.ping();
          expect(deadLetters.payloads).toEqual([]);
          expect(calls).toEqual([]);
        });
      },
    );
  });
});
