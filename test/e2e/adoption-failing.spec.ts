/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MQTTSharedContext, type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { Child } from '../support/child/child.js';
import { controllerFor } from '../support/controller-for.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { VERSIONS } from '../support/on-each-broker.js';
import { ids, Scene, type Worker } from '../support/scene.js';
import { Watch } from '../support/watch.js';

const DEAD = 'dead:workers:0';
const adoption = { after: 300 };
/** More than the window below, and than the 20 that Mosquitto sends before it waits for acknowledgements. */
const POISON = ids(40, 'poison-');
const GOOD = ids(20, 'good-');

/** Resolves when an adoption has ended so. */
async function untilAdoption({ events }: Worker, outcome: string): Promise<void> {
  for (let count = 1; ; count++) {
    const adopted = await events.take('adopted', count, 20_000);
    if (adopted.at(-1)?.outcome === outcome) return;
  }
}

/** What a worker did with messages; poison fails until {@link heal}. */
class Runs {
  readonly succeeded: string[] = [];
  readonly failed: string[] = [];
  private readonly watch = new Watch();
  private poisonous = true;

  readonly handle = (id: string, _ctx: MQTTSharedContext): void => {
    const fails = this.poisonous && id.startsWith('poison-');
    (fails ? this.failed : this.succeeded).push(id);
    this.watch.changed();
    if (fails) throw new Error('poison');
  };

  heal(): void {
    this.poisonous = false;
  }

  whenSucceeded(wanted: readonly string[]): Promise<true> {
    const missing = (): string[] => wanted.filter((id) => !this.succeeded.includes(id));
    return this.watch.until(
      () => missing().length === 0 || undefined,
      () => `Not run: ${missing().join(', ')}.`,
      20_000,
    );
  }
}

// The embedded broker hands what a dead worker held to the others itself.
const onMosquitto = hasMosquitto() ? describe : describe.skip;

onMosquitto('The session of a dead worker whose window is full of messages that fail, on Mosquitto,', () => {
  describe.each(VERSIONS)('protocol version %i', (protocolVersion) => {
    let scene: Scene;
    beforeEach(() => {
      scene = new Scene();
    });
    afterEach(() => scene.close());

    /** What a killed worker held and what came after it, and a worker that adopts it. */
    async function adopted(options: MQTTSharedServerOptions) {
      const { url } = await scene.mosquitto();
      const server = { url, protocolVersion, adoption, clientId: 'dead', concurrency: 4 };
      const dead = await Child.start('worker-process', { server, qos: 1 });
      scene.onClose(() => dead.kill());
      const publisher = await scene.publisher(url, protocolVersion);
      await publisher.publish('jobs/a', [...POISON, ...GOOD]);
      await dead.kill();
      const runs = new Runs();
      const heir: Worker = await scene.worker(
        { url, protocolVersion, adoption, clientId: 'heir', concurrency: 4, ...options },
        controllerFor(SharedPattern('workers', 'jobs/#'), runs.handle),
      );
      return { url, publisher, runs, heir };
    }

    it('is finished where the policy ends them: what waits behind them is handled, nothing is lost', async () => {
      const { url, runs, heir } = await adopted({ onError: { attempts: 1, then: 'dead-letter' } });
      const [end] = await heir.events.take('adopted', 1, 20_000);
      expect(end).toMatchObject({ session: DEAD, outcome: 'ended' });
      expect(runs.succeeded.toSorted()).toEqual(GOOD.toSorted());
      expect(runs.failed.toSorted()).toEqual(POISON.toSorted());
      await heir.close();
      expect(await scene.sessionPresent(url, DEAD, protocolVersion)).toBe(false);
    });

    it('is given back and adopted again with `redeliver`, until they succeed, and does not hold up the heir', async () => {
      const { url, publisher, runs, heir } = await adopted({ onError: { attempts: 1 }, redeliverAfter: 600_000 });
      const lives = await heir.events.take('adopted', 3, 20_000);
      expect(lives.map(({ session, outcome }) => `${session} ${outcome}`)).toEqual(Array(3).fill(`${DEAD} left`));
      // At most one run for each life of the adoption.
      const counts = POISON.map((id) => runs.failed.filter((each) => each === id).length);
      expect(Math.max(...counts)).toBeLessThanOrEqual(heir.events.of('adopting').length);

      const fresh = ids(50, 'fresh-');
      await publisher.publish('jobs/a', fresh);
      await runs.whenSucceeded(fresh);
      runs.heal();
      await runs.whenSucceeded([...POISON, ...GOOD]);
      await untilAdoption(heir, 'ended');
      await heir.close();
      expect(runs.succeeded.toSorted()).toEqual([...POISON, ...GOOD, ...fresh].toSorted());
      expect(await scene.sessionPresent(url, DEAD, protocolVersion)).toBe(false);
    });
  });
});
