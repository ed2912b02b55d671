import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { BEHAVIOURS, type BrokerName, type DropReason, type EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { setTimeout } from 'node:timers/promises';
import type { BrokerOption } from '../../lib/broker/broker-option.js';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import { Child } from '../support/child/child.js';
import { controllerFor } from '../support/controller-for.js';
import { ids, Scene, type Worker } from '../support/scene.js';
import { Watch } from '../support/watch.js';

const JOBS = ids(200);
/** Milliseconds, so that some are under way whenever something happens. */
const JOB_TAKES = 5;
const PATIENCE = 20_000;

/** Why a broker itself may lose messages when a worker dies, whatever the library does. */
const LOSSES: Readonly<Partial<Record<BrokerName, readonly DropReason[]>>> = { nanomq: ['offline'] };

/** As real ones, but that a resumed session waits for less than 20 s. */
const behaviours = {
  ...BEHAVIOURS,
  nanomq: { ...BEHAVIOURS.nanomq, resends: { every: 10_000, onResumption: { first: 300, every: 5 } } },
};

const profiles = {
  mosquitto: 'auto',
  hivemq: 'auto',
  artemis: 'auto',
  nanomq: { ...KNOWN_BROKERS.nanomq, resumptionPause: 1_500 },
} satisfies Record<BrokerName, BrokerOption>;

describe.each(['mosquitto', 'hivemq', 'artemis', 'nanomq'] as const)('On a broker that does as %s', (name) => {
  describe.each([4, 5] as const)('protocol version %i:', (protocolVersion) => {
    const scene = new Scene();
    const watch = new Watch();
    let broker: EmbeddedBroker;
    let done: string[];
    let dropped: { job: string; reason: DropReason }[];

    beforeEach(async () => {
      broker = await scene.embeddedBroker({ behaviour: behaviours[name] });
      [done, dropped] = [[], []];
      broker.on('drop', ({ payload, reason, share }) => {
        if (share !== undefined) dropped.push({ job: payload.toString(), reason });
        watch.changed();
      });
    });
    afterEach(() => scene.close());

    const options = (clientId: string): MQTTSharedServerOptions => ({
      url: broker.url,
      protocolVersion,
      clientId,
      broker: profiles[name],
      adoption: { after: 300 },
      drainTimeout: 10_000,
    });

    async function work(job: string): Promise<void> {
      await setTimeout(JOB_TAKES);
      done.push(job);
      watch.changed();
    }

    const worker = (clientId: string, reconnect = {}): Promise<Worker> =>
      scene.worker({ ...options(clientId), reconnect }, controllerFor(SharedPattern('workers', 'jobs/#'), work));

    /** Takes jobs and ends none. */
    async function stuckProcess(clientId: string): Promise<Child<'worker-process'>> {
      const child = await Child.start('worker-process', { server: options(clientId), qos: 1 });
      scene.onClose(() => child.kill());
      return child;
    }

    async function publish(jobs: readonly string[]): Promise<void> {
      for (const job of jobs) await broker.publish('jobs/a', job, { qos: 1 });
    }

    const missing = (): string[] => {
      const accounted = new Set([...done, ...dropped.map(({ job }) => job)]);
      return JOBS.filter((job) => !accounted.has(job));
    };

    /** Every job is done, or the broker says that nobody will get it. */
    function whenAccountedFor(): Promise<unknown> {
      return watch.until(
        () => missing().length === 0 || undefined,
        () => `Nobody has ${missing().join(', ')}.`,
        PATIENCE,
      );
    }

    it(
      'nothing is lost that the broker keeps, when one of two workers is killed',
      async () => {
        const heir = await worker('heir');
        const dead = await stuckProcess('dead');
        await publish(JOBS.slice(0, 100));
        await dead.kill();
        await publish(JOBS.slice(100));
        await whenAccountedFor();
        await heir.close();

        expect(dropped.filter(({ reason }) => !LOSSES[name]?.includes(reason))).toEqual([]);
        const lost = new Set(dropped.map(({ job }) => job));
        expect(done.toSorted()).toEqual(JOBS.filter((job) => !lost.has(job)).toSorted());
      },
      2 * PATIENCE,
    );

    it(
      'the session of a worker that is killed is ended by one that was there before it',
      async () => {
        const heir = await worker('heir');
        const dead = await stuckProcess('dead');
        await dead.kill();
        const [adopted] = await heir.events.take('adopted', 1, PATIENCE);
        await heir.close();

        expect(adopted).toMatchObject({ session: 'dead:workers:0', outcome: 'ended' });
      },
      2 * PATIENCE,
    );

    it(
      'nothing is lost, when a worker that has lost its own connection hears of the death of the only other one',
      async () => {
        const [heir, dead] = [await worker('heir', { initial: 1_000, jitter: 0 }), await stuckProcess('dead')];
        broker.cut('heir:workers:0');
        await heir.events.take('disconnected', 1, PATIENCE);
        await dead.kill();
        await publish(JOBS);
        await whenAccountedFor();
        await heir.events.take('adopted', 1, PATIENCE);
        await heir.close();

        const lost = new Set(dropped.filter(({ reason }) => LOSSES[name]?.includes(reason)).map(({ job }) => job));
        expect(dropped.filter(({ job }) => !lost.has(job))).toEqual([]);
        expect(done.toSorted()).toEqual(JOBS.filter((job) => !lost.has(job)).toSorted());
      },
      2 * PATIENCE,
    );

    it(
      'nothing is lost, when a worker comes back to what its session holds, and is shut down at once',
      async () => {
        const dead = await stuckProcess('owner');
        await publish(JOBS);
        await dead.take('started', 1, PATIENCE);
        await dead.kill();
        const owner = await worker('owner');
        await owner.close();
        const heir = await worker('heir');
        await whenAccountedFor();
        await heir.close();

        expect(dropped).toEqual([]);
        expect([...new Set(done)].toSorted()).toEqual(JOBS.toSorted());
      },
      2 * PATIENCE,
    );

    it(
      'nothing is lost and nothing runs twice, when one of two workers is shut down',
      async () => {
        const leaver = await worker('leaver');
        const stayer = await worker('stayer');
        await publish(JOBS.slice(0, 100));
        const left = leaver.close();
        await publish(JOBS.slice(100));
        await left;
        await whenAccountedFor();
        await stayer.close();

        expect(dropped).toEqual([]);
        expect(done.toSorted()).toEqual(JOBS.toSorted());
      },
      2 * PATIENCE,
    );
  });
});
