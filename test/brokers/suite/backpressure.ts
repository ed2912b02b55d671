import { describe, expect, it } from '@jest/globals';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../../support/controller-for.js';
import { ids, type Worker } from '../../support/scene.js';
import type { Stage } from '../support/stage.js';
import type { Ground } from './ground.js';
import { itWhere } from './it-where.js';

/** A worker of one handler that holds the message `blocker`, and one that is idle. */
async function stuckBesideFree(t: Stage): Promise<Worker> {
  const pattern = SharedPattern('workers', t.topic('jobs/#'));
  const window = { concurrency: 1, receiveMaximum: 2 };
  const stuck = await t.worker('stuck', [controllerFor(pattern, t.work.handlerOf('stuck'))], window);
  t.work.hold('blocker');
  await t.publish(t.topic('jobs/a'), ['blocker']);
  await t.work.whenStarted(['blocker'], 'stuck');
  await t.worker('free', [controllerFor(pattern, t.work.handlerOf('free'))], window);
  return stuck;
}

export function backpressure({ stage, traits }: Ground): void {
  describe('backpressure', () => {
    it('bounds what runs and what is in hand; all that waited is handled once, none is lost', async () => {
      const t = stage();
      const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf('w1'));
      const { server, events } = await t.worker('w1', [controller], { concurrency: 3, receiveMaximum: 6 });
      const sent = ids(100);
      let most = { running: 0, unacknowledged: 0 };
      const look = (): void => {
        const unacknowledged = events.of('received').length - events.of('acknowledged').length;
        most = {
          running: Math.max(most.running, t.work.running.length),
          unacknowledged: Math.max(most.unacknowledged, unacknowledged),
        };
      };
      server.on('received', look);
      server.on('started', look);
      t.work.hold(...sent);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenRunning(1);
      t.work.release(...sent.toReversed());
      await t.work.whenDone(sent);
      await server.close();

      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
      expect(most.running).toBeLessThanOrEqual(3);
      expect(most.unacknowledged).toBeLessThanOrEqual(7); // one that was read before reading paused
    });

    it('of one worker leaves the rest to the others and to the broker: nothing is lost, nothing runs twice', async () => {
      const t = stage();
      const stuck = await stuckBesideFree(t);
      const sent = ids(40);
      await t.publish(t.topic('jobs/a'), sent);
      expect(stuck.events.of('received').length).toBeLessThanOrEqual(3);
      t.work.release('blocker');
      await t.work.whenDone([...sent, 'blocker']);

      expect(t.work.started().toSorted()).toEqual(['blocker', ...sent].toSorted());
    });

    itWhere(traits.evenShares)('of one worker does not keep another from its share', async () => {
      const t = stage();
      await stuckBesideFree(t);
      await t.publish(t.topic('jobs/a'), ids(40));
      await t.work.whenSomeDone(10, 'free');

      expect(t.work.running).toContain('blocker');
    });

    it('of a message that does not end holds up nothing else in a worker of several connections', async () => {
      const t = stage();
      const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf('w1'));
      await t.worker('w1', [controller], { connections: 3 });
      t.work.hold('blocker');
      await t.publish(t.topic('jobs/a'), ['blocker']);
      await t.work.whenStarted(['blocker']);
      const sent = ids(40);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent);
      expect(t.work.running).toEqual(['blocker']);

      t.work.release('blocker');
      await t.work.whenDone(['blocker']);
      expect(t.work.started().toSorted()).toEqual(['blocker', ...sent].toSorted());
    });

    it.each([1, 2] as const)(
      'of the broker is kept to by a publisher of 300 messages at once at QoS %i',
      async (qos) => {
        const t = stage();
        const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#'), { qos }), t.work.handlerOf('w1'));
        await t.worker('w1', [controller], { allowDowngrade: qos > traits.maximumQoS });
        const sent = ids(300);
        const client = t.client({ qos });
        const lost: unknown[] = [];
        client.on('disconnect', (reason) => lost.push(reason));
        await t.publishOver(client, t.topic('jobs/a'), sent);
        await t.work.whenDone(sent);

        expect(t.work.started().toSorted()).toEqual(sent.toSorted());
        expect(lost).toEqual([]);
      },
    );
  });
}
