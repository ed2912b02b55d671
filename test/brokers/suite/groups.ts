import { describe, expect, it } from '@jest/globals';
import { EventPattern } from '@nestjs/microservices';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../../support/controller-for.js';
import { ids } from '../../support/scene.js';
import type { Ground } from './ground.js';

export function groups({ stage }: Ground): void {
  describe('in one application', () => {
    it('two groups on one filter each get every message once', async () => {
      const t = stage();
      const { close } = await t.worker('w1', [
        controllerFor(SharedPattern('resizers', t.topic('jobs/#')), t.work.handlerOf('resizers')),
        controllerFor(SharedPattern('indexers', t.topic('jobs/#')), t.work.handlerOf('indexers')),
      ]);
      const sent = ids(30);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent, 'resizers');
      await t.work.whenDone(sent, 'indexers');
      await close();

      expect(t.work.started('resizers').toSorted()).toEqual(sent.toSorted());
      expect(t.work.started('indexers').toSorted()).toEqual(sent.toSorted());
    });

    it('one group that stands still does not hold back another on the same filter', async () => {
      const t = stage();
      const resizers = t.work.handlerOf('resizers');
      await t.worker('w1', [
        controllerFor(SharedPattern('resizers', t.topic('jobs/#')), (id) => resizers(`resize ${id}`)),
        controllerFor(SharedPattern('indexers', t.topic('jobs/#')), t.work.handlerOf('indexers')),
      ]);
      const sent = ids(30);
      t.work.hold(...sent.map((id) => `resize ${id}`));
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent, 'indexers');
      expect(t.work.done('resizers')).toEqual([]);

      t.work.releaseAll();
      await t.work.whenDone(sent.map((id) => `resize ${id}`));
    });

    it('overlapping filters of one group each get what they match, once', async () => {
      const t = stage();
      const { close } = await t.worker('w1', [
        controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf('all')),
        controllerFor(SharedPattern('workers', t.topic('jobs/+/urgent')), t.work.handlerOf('urgent')),
        controllerFor(SharedPattern('workers', t.topic('jobs/resize/+')), t.work.handlerOf('resize')),
      ]);
      await t.publish(t.topic('jobs/resize/urgent'), ids(5, 'x'));
      await t.publish(t.topic('jobs/index/urgent'), ids(5, 'y'));
      await t.publish(t.topic('jobs/index/later'), ids(5, 'z'));
      await t.work.whenDone([...ids(5, 'x'), ...ids(5, 'y'), ...ids(5, 'z')], 'all');
      await t.work.whenDone([...ids(5, 'x'), ...ids(5, 'y')], 'urgent');
      await t.work.whenDone(ids(5, 'x'), 'resize');
      await close();

      expect(t.work.started('all').toSorted()).toEqual([...ids(5, 'x'), ...ids(5, 'y'), ...ids(5, 'z')]);
      expect(t.work.started('urgent').toSorted()).toEqual([...ids(5, 'x'), ...ids(5, 'y')]);
      expect(t.work.started('resize').toSorted()).toEqual(ids(5, 'x'));
    });

    it('a shared and a plain subscription on one filter each get every message once', async () => {
      const t = stage();
      const { close } = await t.worker('w1', [
        controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf('shared')),
        controllerFor(EventPattern(t.topic('jobs/#')) as MethodDecorator, t.work.handlerOf('plain')),
      ]);
      const sent = ids(30);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent, 'shared');
      await t.work.whenDone(sent, 'plain');
      await close();

      expect(t.work.started('shared').toSorted()).toEqual(sent.toSorted());
      expect(t.work.started('plain').toSorted()).toEqual(sent.toSorted());
    });

    it('several connections of a group share its messages, each of which runs once', async () => {
      const t = stage();
      const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf('w1'));
      const { close } = await t.worker('w1', [controller], { connections: 3 });
      const sent = ids(60);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent);
      await close();

      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
    });
  });
}
