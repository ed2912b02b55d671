import { describe, expect, it } from '@jest/globals';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { Child } from '../support/child/child.js';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker } from '../support/on-each-broker.js';
import { RawClient } from '../support/raw-client.js';
import { ids, type Scene } from '../support/scene.js';

const MESSAGES = 60;
const adoption = { after: 300 };

/** What is retained of the presence of the group's sessions. */
async function retainedPresence(url: string, protocolVersion: 4 | 5): Promise<string[]> {
  const client = await RawClient.connect(url, { protocolVersion, clientId: 'observer', clean: true });
  await client.subscribe('nestjs-mqtt-shared/presence/workers/+');
  await client.ping();
  const states = client.publishes.map(({ payload }) => {
    const { clientId, state } = JSON.parse(payload.toString()) as { clientId: string; state: string };
    return `${clientId} ${state}`;
  });
  await client.disconnect();
  return states;
}

/** A worker process that has taken messages and will not end any of them. */
async function stuckWorker(scene: Scene, url: string, protocolVersion: 4 | 5, clientId: string) {
  const child = await Child.start('worker-process', { server: { url, protocolVersion, adoption, clientId }, qos: 1 });
  scene.onClose(() => child.kill());
  return child;
}

describe('The session of a worker that was killed', () => {
  onEachBroker(({ protocolVersion, startBroker, scene }) => {
    it('is adopted: the others handle what it held, and nothing of it is left on the broker', async () => {
      const url = await startBroker();
      const dead = await stuckWorker(scene(), url, protocolVersion, 'dead');
      const handler = new ControlledHandler();
      const heir = await scene().worker(
        { url, protocolVersion, adoption, clientId: 'heir' },
        controllerFor(SharedPattern('workers', 'jobs/#'), handler.handle),
      );
      handler.finishAll();
      const publisher = await scene().publisher(url, protocolVersion);
      const payloads = ids(MESSAGES);
      await publisher.publishEach(payloads.map((payload) => ({ topic: 'jobs/a', payload })));
      await dead.kill();
      const [adopted] = await heir.events.take('adopted', 1);

      expect(adopted).toMatchObject({ session: 'dead:workers:0', outcome: 'ended' });
      expect([...new Set(handler.ended)].toSorted()).toEqual(payloads.toSorted());
      expect(await retainedPresence(url, protocolVersion)).toEqual(['heir:workers:0 alive']);
      await heir.close();
      expect(await retainedPresence(url, protocolVersion)).toEqual([]);
      expect(await scene().sessionPresent(url, 'dead:workers:0', protocolVersion)).toBe(false);
    });

    it('is adopted by a worker that is started when all are dead', async () => {
      const url = await startBroker();
      const all = [
        await stuckWorker(scene(), url, protocolVersion, 'one'),
        await stuckWorker(scene(), url, protocolVersion, 'two'),
      ];
      const publisher = await scene().publisher(url, protocolVersion);
      const payloads = ids(MESSAGES);
      await publisher.publishEach(payloads.map((payload) => ({ topic: 'jobs/a', payload })));
      await Promise.all(all.map((worker) => worker.kill()));
      const handler = new ControlledHandler();
      const heir = await scene().worker(
        { url, protocolVersion, adoption, clientId: 'heir' },
        controllerFor(SharedPattern('workers', 'jobs/#'), handler.handle),
      );
      handler.finishAll();
      const adopted = await heir.events.take('adopted', 2);

      expect(adopted.map(({ session, outcome }) => `${session} ${outcome}`).toSorted()).toEqual([
        'one:workers:0 ended',
        'two:workers:0 ended',
      ]);
      expect([...new Set(handler.ended)].toSorted()).toEqual(payloads.toSorted());
      expect(await retainedPresence(url, protocolVersion)).toEqual(['heir:workers:0 alive']);
    });

    it('is its owner’s again when that comes back in time', async () => {
      const url = await startBroker();
      const patient = { after: 60_000 };
      const dead = await stuckWorker(scene(), url, protocolVersion, 'owner');
      const publisher = await scene().publisher(url, protocolVersion);
      const payloads = ids(10);
      await publisher.publishEach(payloads.map((payload) => ({ topic: 'jobs/a', payload })));
      await dead.kill();
      const heirs = new ControlledHandler();
      await scene().worker(
        { url, protocolVersion, adoption: patient, clientId: 'heir' },
        controllerFor(SharedPattern('workers', 'jobs/#'), heirs.handle),
      );
      const handler = new ControlledHandler();
      const owner = await scene().worker(
        { url, protocolVersion, adoption: patient, clientId: 'owner' },
        controllerFor(SharedPattern('workers', 'jobs/#'), handler.handle),
      );
      handler.finishAll();
      await owner.events.take('acknowledged', payloads.length);

      expect([...new Set(handler.ended)].toSorted()).toEqual(payloads.toSorted());
      expect(heirs.started).toEqual([]);
      expect((await retainedPresence(url, protocolVersion)).toSorted()).toEqual([
        'heir:workers:0 alive',
        'owner:workers:0 alive',
      ]);
    });
  });
});
