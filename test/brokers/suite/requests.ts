import { describe, expect, it } from '@jest/globals';
import { RpcException } from '@nestjs/microservices';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { toArray } from 'rxjs/operators';
import { controllerFor } from '../../support/controller-for.js';
import { ids } from '../../support/scene.js';
import type { Ground } from './ground.js';

export function requests({ stage }: Ground): void {
  describe('a request', () => {
    it('is answered by exactly one worker of the group, each by its own reply', async () => {
      const t = stage();
      const pattern = SharedPattern('workers', t.topic('jobs/#'));
      for (const name of ['w1', 'w2']) {
        const handle = t.work.handlerOf(name);
        await t.worker(name, [
          controllerFor(pattern, async (id) => {
            await handle(id);
            return `${id} done`;
          }),
        ]);
      }
      const client = t.client();
      const sent = ids(30);
      const replies = sent.map((id) => lastValueFrom(client.send<string[]>(t.topic('jobs/a'), id).pipe(toArray())));

      expect(await Promise.all(replies)).toEqual(sent.map((id) => [`${id} done`]));
      expect(t.work.started().toSorted()).toEqual(sent.toSorted());
    });

    it('that waits does not keep another from its answer', async () => {
      const t = stage();
      const handle = t.work.handlerOf('w1');
      await t.worker('w1', [
        // a broker may hand out no more while one message of a connection is unacknowledged
        controllerFor(SharedPattern('workers', t.topic('slow')), (id) => handle(id).then(() => id)),
        controllerFor(SharedPattern('others', t.topic('quick')), (id) => id),
      ]);
      const client = t.client();
      t.work.hold('slow');
      const slow = firstValueFrom(client.send<string>(t.topic('slow'), 'slow'));
      await t.work.whenStarted(['slow']);

      expect(await firstValueFrom(client.send<string>(t.topic('quick'), 'quick'))).toBe('quick');
      t.work.release('slow');
      expect(await slow).toBe('slow');
    });

    it('whose handler throws gets the error, and is not run again', async () => {
      const t = stage();
      const handle = t.work.handlerOf('w1');
      const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#')), async (id) => {
        await handle(id);
        throw new RpcException(`no such job: ${id}`);
      });
      const { close } = await t.worker('w1', [controller]);
      const client = t.client();

      await expect(firstValueFrom(client.send(t.topic('jobs/a'), 'm1'))).rejects.toMatchObject({
        message: 'no such job: m1',
      });
      await close();
      expect(t.work.started()).toEqual(['m1']);
    });
  });
}
