import { describe, expect, it } from '@jest/globals';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../../support/controller-for.js';
import { ids } from '../../support/scene.js';
import { presence } from '../support/presence.js';
import type { Stage } from '../support/stage.js';
import type { Ground } from './ground.js';
import { all, itWhere } from './it-where.js';

const workerOf = (t: Stage, name: string, options = {}) =>
  t.worker(name, [controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf(name))], options);

export function sessions({ stage, traits }: Ground): void {
  const goesOn = all(traits.keepsForAbsent, traits.outlivesMembers);

  describe('when a worker', () => {
    it('is killed, others handle what it held, each message once', async () => {
      const t = stage();
      const dead = await t.stuckProcess('dead', t.topic('jobs/#'));
      await t.publish(t.topic('jobs/a'), ['first']);
      await dead.take('started', 1, traits.patience);
      const heir = await workerOf(t, 'heir');
      const sent = ids(60);
      await t.publish(t.topic('jobs/a'), sent);
      await dead.kill();
      await t.work.whenDone(['first', ...sent]);
      await heir.close();

      expect(t.work.started().toSorted()).toEqual(['first', ...sent].toSorted());
    });

    it('is killed, its session is adopted, and nothing of it is left on the broker', async () => {
      const t = stage();
      const dead = await t.stuckProcess('dead', t.topic('jobs/#'));
      await t.publish(t.topic('jobs/a'), ['m1']);
      await dead.take('started', 1, traits.patience);
      const heir = await workerOf(t, 'heir');
      await dead.kill();
      const [adopted] = await heir.events.take('adopted', 1, traits.patience);

      expect(adopted).toMatchObject({ session: `${t.root}-dead:workers:0`, outcome: 'ended' });
      await t.work.whenDone(['m1']);
      expect(adopted?.handled).toBe(traits.handsOver ? 0 : 1);
      expect(t.work.started('heir')).toEqual(['m1']);
      expect(await presence(t)).toEqual(['heir:workers:0 alive']);
      await heir.close();
      expect(await presence(t)).toEqual(traits.leavesSessions ? ['heir:workers:0 gone'] : []);
    });

    it('is killed that another has heard of, its session is ended soon', async () => {
      const t = stage();
      const heir = await workerOf(t, 'heir');
      const dead = await t.stuckProcess('dead', t.topic('jobs/#'));
      await dead.kill();
      const [adopted] = await heir.events.take('adopted', 1, traits.patience);

      expect(adopted).toMatchObject({ session: `${t.root}-dead:workers:0`, outcome: 'ended' });
      expect(await presence(t)).toEqual(['heir:workers:0 alive']);
    });

    if (traits.leavesSessions) {
      it('is closed, another one hears of the session that it has left behind, and ends it', async () => {
        const t = stage();
        const stayer = await workerOf(t, 'stayer');
        const leaver = await workerOf(t, 'leaver');
        await leaver.close();
        const [adopted] = await stayer.events.take('adopted', 1, traits.patience);

        expect(adopted).toMatchObject({ session: `${t.root}-leaver:workers:0`, outcome: 'ended' });
      });
    }

    itWhere(goesOn)('is killed while messages go on coming, none is lost', async () => {
      const t = stage();
      const dead = await t.stuckProcess('dead', t.topic('jobs/#'));
      const heir = await workerOf(t, 'heir');
      const client = t.client();
      const [early, late] = [ids(60, 'early'), ids(60, 'late')];
      await t.publishOver(client, t.topic('jobs/a'), early);
      const publishing = t.publishOver(client, t.topic('jobs/a'), late);
      await dead.kill();
      await publishing;
      await t.work.whenDone([...early, ...late]);
      await heir.close();

      expect(t.work.started().toSorted()).toEqual([...early, ...late].toSorted());
    });

    itWhere(goesOn)(
      'is killed and its session is seen to while messages go on coming, each message runs once',
      async () => {
        const t = stage();
        const dead = await t.stuckProcess('dead', t.topic('jobs/#'));
        const heir = await workerOf(t, 'heir');
        const load = t.load(t.topic('jobs/a'));
        await load.publish();
        await dead.kill();
        const killed = performance.now();
        const isOver = (): boolean => heir.events.of('adopted').length > 0 || performance.now() > killed + 2_000;
        await load.publishUntil(isOver);
        await t.work.whenDone(load.sent);
        await heir.close();

        expect(t.work.started().toSorted()).toEqual(load.sent.toSorted());
      },
    );

    it('comes back in time under its name, it gets what it held or another has had it; all is done', async () => {
      const t = stage();
      const dead = await t.stuckProcess('owner', t.topic('jobs/#'));
      const sent = ids(10);
      await t.publish(t.topic('jobs/a'), sent);
      await dead.take('started', 1, traits.patience);
      await dead.kill();
      const patient = { adoption: { after: 60_000, topic: `${t.root}/presence` } };
      await workerOf(t, 'heir', patient);
      await workerOf(t, 'owner', patient);
      await t.work.whenDone(sent);

      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
      expect(traits.handsOver ? [] : t.work.started('heir')).toEqual([]);
    });

    it('loses its connection, it goes on with what runs; what is handed out again is done, too', async () => {
      const t = stage();
      const proxy = await t.proxy();
      const worker = await workerOf(t, 'w1', { url: proxy.url, reconnect: { initial: 10 } });
      const sent = ids(20);
      t.work.hold(...sent);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenRunning(1);
      proxy.cut();
      await worker.events.take('disconnected', 1, traits.patience);
      const meanwhile = traits.keepsForAbsent === true ? ['meanwhile'] : [];
      await t.publish(t.topic('jobs/a'), meanwhile);
      t.work.releaseAll();
      await t.work.whenDone([...sent, ...meanwhile]);
      await worker.close();

      const again = t.work.started().filter((id, index, all) => all.indexOf(id) !== index);
      // Where a resend can be told from a new message, it joins the run that it belongs to.
      expect(traits.handsOver ? [] : again).toEqual([]);
    });

    it('is thrown out by another client of its name, it comes back and takes messages again', async () => {
      const t = stage();
      const worker = await workerOf(t, 'w1', { reconnect: { initial: 10 } });
      // It may be thrown out in its turn before it has got CONNACK.
      const thief = t.rawClient('w1:workers:0').then(
        ({ closed }) => closed,
        () => {},
      );
      await worker.events.take('connected', 2, traits.patience);
      await thief;
      const sent = ids(20);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenDone(sent);
      await worker.close();

      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
    });

    it('is closed with messages in hand and others go on, each message runs once', async () => {
      const t = stage();
      const leaving = await workerOf(t, 'leaving', { concurrency: 2 });
      await workerOf(t, 'staying', { concurrency: 2 });
      const sent = ids(80);
      t.work.hold(...sent);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenRunning(1);
      const closing = leaving.close();
      t.work.releaseAll();
      await closing;
      await t.work.whenDone(sent);

      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
    });

    itWhere(traits.outlivesMembers)(
      'is replaced, and the next, while messages come, each message runs once',
      async () => {
        const t = stage();
        let workers = [await workerOf(t, 'a1'), await workerOf(t, 'a2')];
        const load = t.load(t.topic('jobs/a'));
        let over = false;
        const replaceAll = async (): Promise<void> => {
          for (const name of ['b1', 'b2', 'c1', 'c2']) {
            const next = await workerOf(t, name);
            await workers[0]?.close();
            workers = [...workers.slice(1), next];
            await t.work.whenSomeDoneAtAll(t.work.done().length + 5);
          }
        };
        const replacing = replaceAll().finally(() => (over = true));
        await Promise.all([replacing, load.publishUntil(() => over)]);
        await t.work.whenDone(load.sent);
        await Promise.all(workers.map(({ close }) => close()));

        expect(t.work.started().toSorted()).toEqual(load.sent.toSorted());
        expect(traits.leavesSessions ? [] : await presence(t)).toEqual([]);
      },
    );

    it('is the last to be closed, it finishes what runs; the rest it does, too, or the next worker; each message runs once', async () => {
      const t = stage();
      const worker = await workerOf(t, 'w1', { concurrency: 2 });
      const sent = ids(50);
      t.work.hold(...sent);
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenRunning(1);
      const closing = worker.close();
      t.work.releaseAll();
      await closing;
      expect(t.work.running).toEqual([]);
      expect(traits.leavesSessions ? [] : await presence(t)).toEqual([]);

      const next = await workerOf(t, 'next');
      await t.work.whenDone(sent);
      await next.close();
      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
    });

    it('is closed in the middle of its work again and again, and comes back under its name, each message runs once', async () => {
      const t = stage();
      const sent = ids(60);
      let worker = await workerOf(t, 'w1', { concurrency: 2 });
      await t.publish(t.topic('jobs/a'), sent);
      while (t.work.done().length < sent.length) {
        await t.work.whenSomeDoneAtAll(Math.min(sent.length, t.work.done().length + 10));
        await worker.close();
        worker = await workerOf(t, 'w1', { concurrency: 2 });
      }
      await worker.close();

      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
    });
  });
}
