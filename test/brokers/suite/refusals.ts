import { describe, expect, it } from '@jest/globals';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../../support/controller-for.js';
import { presence } from '../support/presence.js';
import type { Ground } from './ground.js';
import { itWhere } from './it-where.js';

export function refusals({ stage, traits }: Ground): void {
  describe('listen()', () => {
    const granted = traits.maximumQoS === 2;
    it(`${granted ? 'is up where the broker grants QoS 2' : 'fails where the broker grants QoS 1 for QoS 2, unless that is allowed'}`, async () => {
      const t = stage();
      const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#'), { qos: 2 }), t.work.handlerOf('w1'));
      const listen = (allowDowngrade?: boolean): Promise<unknown> =>
        t.worker('w1', [controller], { allowDowngrade }).then(
          ({ close }) => close().then(() => 'up'),
          (error: unknown) => error,
        );

      expect(String(await listen())).toContain(
        granted ? 'up' : `granted QoS 1 for "$share/workers/${t.topic('jobs/#')}"`,
      );
      expect(await listen(true)).toBe('up');
    });

    itWhere(traits.refusedFilter)(
      'fails where the broker takes a filter amiss, says which, and leaves nothing behind',
      async (filter) => {
        const t = stage();
        const good = controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf('good'));
        const bad = controllerFor(SharedPattern('workers', filter), t.work.handlerOf('bad'));
        const error: unknown = await t.worker('w1', [good, bad], { clientId: undefined }).then(
          () => undefined,
          (reason: unknown) => reason,
        );

        expect(String(error)).toContain(`"$share/workers/${filter}"`);
        expect(await presence(t)).toEqual([]);
      },
    );
  });
}
