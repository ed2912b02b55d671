/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { describe, expect, it } from '@jest/globals';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../../support/controller-for.js';
import { ids } from '../../support/scene.js';
import type { Ground } from './ground.js';

export function failures({ stage, protocolVersion, traits }: Ground): void {
  describe('a message whose handler fails', () => {
    it('is tried again in the worker, and acknowledged once', async () => {
      const t = stage();
      const onError = { attempts: 3, backoff: { initial: 10 } };
      const controller = controllerFor(
        SharedPattern('workers', t.topic('jobs/#'), { onError }),
        t.work.handlerOf('w1'),
      );
      const { close } = await t.worker('w1', [controller]);
      t.work.fail('m2', 2);
      await t.publish(t.topic('jobs/a'), ids(3));
      await t.work.whenDone(ids(3));
      await close();

      expect(t.work.started().toSorted()).toEqual(['m1', 'm2', 'm2', 'm2', 'm3']);
    });

    it('is delivered again after its connection was renewed, and the others run once', async () => {
      const t = stage();
      const onError = { attempts: 1 };
      const controller = controllerFor(
        SharedPattern('workers', t.topic('jobs/#'), { onError }),
        t.work.handlerOf('w1'),
      );
      const { close, events } = await t.worker('w1', [controller], { redeliverAfter: 500 });
      const sent = ids(20);
      t.work.fail('m7', 1);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent);
      await close();

      expect(t.work.started().toSorted()).toEqual([...sent, 'm7'].toSorted());
      expect(events.of('held').map(({ message }) => message.topic)).toEqual([t.topic('jobs/a')]);
    });

    it('goes to the dead letters as it was, and is acknowledged when the broker has that', async () => {
      const t = stage();
      const onError = { attempts: 1, then: 'dead-letter' as const, deadLetterTopic: `${t.root}/dead/{group}/{topic}` };
      const controller = controllerFor(
        SharedPattern('workers', t.topic('jobs/#'), { onError }),
        t.work.handlerOf('w1'),
      );
      const morgue = await t.rawClient('morgue');
      await morgue.subscribe(`${t.root}/dead/#`);
      const { close, events } = await t.worker('w1', [controller], { redeliverAfter: 500 });
      const sent = ids(10);
      t.work.fail('m4', 100);
      await t.publish(t.topic('jobs/a'), sent);
      const letter = await morgue.waitForPayload('m4');
      await t.work.whenDone(sent.filter((id) => id !== 'm4'));
      await events.take('acknowledged', sent.length, traits.patience);
      await close();

      expect(morgue.payloads).toEqual(['m4']);
      expect(letter.topic).toBe(`${t.root}/dead/workers/${t.topic('jobs/a')}`);
      const said = Object.values(letter.properties?.userProperties ?? {});
      expect(said.includes(t.topic('jobs/a'))).toBe(protocolVersion === 5);
      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
    });

    it('is over when it is rejected', async () => {
      const t = stage();
      const onError = { attempts: 1, then: 'reject' as const };
      const controller = controllerFor(
        SharedPattern('workers', t.topic('jobs/#'), { onError }),
        t.work.handlerOf('w1'),
      );
      const { close, events } = await t.worker('w1', [controller]);
      t.work.fail('m1', 100);
      await t.publish(t.topic('jobs/a'), ['m1']);
      await events.take('acknowledged', 1, traits.patience);
      await t.publish(t.topic('jobs/a'), ['m2']);
      await t.work.whenDone(['m2']);
      await close();

      expect(t.work.started()).toEqual(['m1', 'm2']);
    });
  });
}
