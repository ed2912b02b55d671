import { describe, expect, it } from '@jest/globals';
import { EventPattern } from '@nestjs/microservices';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../../support/controller-for.js';
import { ids, type Worker } from '../../support/scene.js';
import type { Stage } from '../support/stage.js';
import type { Ground } from './ground.js';
import { itWhere } from './it-where.js';

const WORKERS = ['w1', 'w2', 'w3'];

async function threeWorkers(t: Stage, qos: 0 | 1 | 2): Promise<Worker[]> {
  const allowDowngrade = qos > t.traits.maximumQoS;
  const workers = [];
  for (const name of WORKERS) {
    const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#'), { qos }), t.work.handlerOf(name));
    workers.push(await t.worker(name, [controller], { allowDowngrade }));
  }
  return workers;
}

export function distribution({ stage, traits, protocolVersion }: Ground): void {
  describe('distribution', () => {
    it.each([0, 1, 2] as const)('at QoS %i runs each message once, on one of three workers', async (qos) => {
      const t = stage();
      const workers = await threeWorkers(t, qos);
      const sent = ids(60);
      await t.publish(t.topic('jobs/a'), sent, qos);
      await t.work.whenDone(sent);
      await Promise.all(workers.map(({ close }) => close()));

      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
      const granted = Math.min(qos, traits.maximumQoS);
      const received = workers.flatMap(({ events }) => events.of('received'));
      expect([...new Set(received.map(({ message }) => message.qos))]).toEqual([granted]);
    });

    itWhere(traits.evenShares)('gives each of three workers some', async () => {
      const t = stage();
      await threeWorkers(t, 1);
      const sent = ids(60);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent);

      for (const name of WORKERS) expect(t.work.done(name)).not.toEqual([]);
    });

    itWhere(traits.keepsOrder)('with one handler at a time keeps the order of a publisher', async () => {
      const t = stage();
      const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf('w1'));
      await t.worker('w1', [controller], { concurrency: 1 });
      const sent = ids(60);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent);

      expect(t.work.started()).toEqual(sent);
    });

    it('matches by the rules of MQTT: "jobs/#" takes "jobs", "+" takes an empty level, and levels have names', async () => {
      const t = stage();
      const all = t.work.handlerOf('all');
      const named = t.work.handlerOf('named');
      await t.worker('w1', [
        controllerFor(SharedPattern('workers', t.topic('jobs/#')), (id) => all(id)),
        controllerFor(SharedPattern('others', t.topic('jobs/+kind/end')), (id, ctx) =>
          named(`${id} ${ctx.params['kind']}`),
        ),
      ]);
      await t.publish(t.topic('jobs'), ['bare']);
      await t.publish(t.topic('jobs//end'), ['empty']);
      await t.publish(t.topic('jobs/resize/end'), ['full']);
      await t.publish(t.topic('jobsworth'), ['other']);
      await t.work.whenDone(['bare', 'empty', 'full'], 'all');
      await t.work.whenDone(['empty ', 'full resize'], 'named');

      expect(t.work.started('all').toSorted()).toEqual(['bare', 'empty', 'full']);
      expect(t.work.started('named').toSorted()).toEqual(['empty ', 'full resize']);
    });

    it('takes a leading slash from filters and topics, so that both sides agree', async () => {
      const t = stage();
      await t.worker('w1', [controllerFor(SharedPattern('workers', `/${t.topic('jobs/#')}`), t.work.handlerOf('w1'))]);
      await t.publish(`/${t.topic('jobs/a')}`, ['with']);
      await t.publish(t.topic('jobs/a'), ['without']);
      await t.work.whenDone(['with', 'without']);

      expect(t.work.started().toSorted()).toEqual(['with', 'without']);
    });

    it('with leadingSlash "keep" tells /jobs from jobs', async () => {
      const t = stage();
      const controller = controllerFor(SharedPattern('workers', `/${t.topic('jobs/#')}`), t.work.handlerOf('w1'));
      await t.worker('w1', [controller], { leadingSlash: 'keep' });
      const raw = await t.rawClient('publisher');
      await raw.publish(t.topic('jobs/a'), 'without');
      await raw.publish(`/${t.topic('jobs/a')}`, 'with');
      await raw.publish(`/${t.topic('jobs//b')}`, 'with an empty level');
      await t.work.whenDone(['with', 'with an empty level']);

      expect(t.work.started()).toEqual(['with', 'with an empty level']);
    });

    it('gives a new group as many retained messages as is peculiar to the broker, and a plain subscription each', async () => {
      const t = stage();
      await t.publishRetained(t.topic('state'), 'retained');
      const { server } = await t.worker('w1', [
        controllerFor(SharedPattern('workers', t.topic('state')), t.work.handlerOf('shared')),
        controllerFor(EventPattern(t.topic('state')) as MethodDecorator, t.work.handlerOf('plain')),
      ]);
      await t.publish(t.topic('state'), ['live']);
      await t.work.whenDone(['live'], 'shared');
      await t.work.whenDone(['retained', 'live'], 'plain');

      const shared = traits.retainedToShared[protocolVersion] === 1 ? ['retained', 'live'] : ['live'];
      expect(t.work.started('shared')).toEqual(shared);
      expect(t.work.started('plain')).toEqual(['retained', 'live']);
      await server.close();
    });
  });
}
