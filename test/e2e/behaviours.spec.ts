import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { BEHAVIOURS, type BrokerName, type DropReason, type EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { setTimeout } from 'node:timers/promises';
import { Child } from '../support/child/child.js';
import { controllerFor } from '../support/controller-for.js';
import { ids, Scene, type Worker } from '../support/scene.js';
import { Watch } from '../support/watch.js';

const JOBS = ids(200);
/** Milliseconds, so that some are under way whenever something happens. */
const JOB_TAKES = 5;
const PATIENCE = 20_000;
/** Where it is known that some never come. */
const SHORT_PATIENCE = 3_000;

type What = 'death' | 'shutdown';

/** What the library's defaults do not master yet. */
const KNOWN_FAULTS: Readonly<Record<BrokerName, Readonly<Record<What, readonly (4 | 5)[]>>>> = {
  mosquitto: { death: [], shutdown: [] },
  // Who unsubscribes and then acknowledges all that it held leaves what waits behind it to nobody.
  hivemq: { death: [], shutdown: [4, 5] },
  // UNSUBSCRIBE hands out again what is in flight, and here it runs as well.
  artemis: { death: [], shutdown: [4, 5] },
  // What exceeds the Receive Maximum is dropped, on 5.0. An adopter ends the session before the broker sends what it holds.
  nanomq: { death: [4, 5], shutdown: [5] },
};

/** Why a broker itself may lose messages when a worker dies, whatever the library does. */
const LOSSES: Readonly<Partial<Record<BrokerName, readonly DropReason[]>>> = { nanomq: ['offline'] };

const behaviours = {
  ...BEHAVIOURS,
  nanomq: { ...BEHAVIOURS.nanomq, resends: { every: 10_000, onResumption: { first: 300, every: 5 } } },
};

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
      adoption: { after: 300 },
      drainTimeout: 10_000,
    });

    async function work(job: string): Promise<void> {
      await setTimeout(JOB_TAKES);
      done.push(job);
      watch.changed();
    }

    const worker = (clientId: string): Promise<Worker> =>
      scene.worker(options(clientId), controllerFor(SharedPattern('workers', 'jobs/#'), work));

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

    const faulty = (what: What): boolean => KNOWN_FAULTS[name][what].includes(protocolVersion);

    /** Every job is done, or the broker says that nobody will get it. */
    function whenAccountedFor(what: What): Promise<unknown> {
      return watch.until(
        () => missing().length === 0 || undefined,
        () => `Nobody has ${missing().join(', ')}.`,
        faulty(what) ? SHORT_PATIENCE : PATIENCE,
      );
    }

    async function death(): Promise<void> {
      const heir = await worker('heir');
      const dead = await stuckProcess('dead');
      await publish(JOBS.slice(0, 100));
      await dead.kill();
      await publish(JOBS.slice(100));
      await whenAccountedFor('death');
      await heir.close();

      expect(dropped.filter(({ reason }) => !LOSSES[name]?.includes(reason))).toEqual([]);
      const lost = new Set(dropped.map(({ job }) => job));
      expect(done.toSorted()).toEqual(JOBS.filter((job) => !lost.has(job)).toSorted());
    }

    async function shutdown(): Promise<void> {
      const leaver = await worker('leaver');
      const stayer = await worker('stayer');
      await publish(JOBS.slice(0, 100));
      const left = leaver.close();
      await publish(JOBS.slice(100));
      await left;
      await whenAccountedFor('shutdown');
      await stayer.close();

      expect(dropped).toEqual([]);
      expect(done.toSorted()).toEqual(JOBS.toSorted());
    }

    const promise = (what: What): typeof it | typeof it.failing => (faulty(what) ? it.failing : it);

    promise('death')('nothing is lost that the broker keeps, when one of two workers is killed', death, 2 * PATIENCE);
    promise('shutdown')(
      'nothing is lost and nothing runs twice, when one of two workers is shut down',
      shutdown,
      2 * PATIENCE,
    );
  });
});
