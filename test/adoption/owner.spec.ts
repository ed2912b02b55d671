import { describe, expect, it } from '@jest/globals';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { encodePresence, presenceTopic } from '../../lib/adoption/presence-message.js';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker } from '../support/on-each-broker.js';
import { RawClient } from '../support/raw-client.js';
import { presence } from './presences.js';

const adoption = { after: 200 };
const jobs = SharedPattern('workers', 'jobs/#');

/** What the will of a dead worker would have left on the broker. */
async function leaveGone(url: string, protocolVersion: 4 | 5, clientId: string): Promise<void> {
  const client = await RawClient.connect(url, { protocolVersion, clientId: `will of ${clientId}`, clean: true });
  const topic = presenceTopic('nestjs-mqtt-shared/presence', 'workers', clientId);
  await client.publish(topic, encodePresence(presence(clientId, { state: 'gone' })), { qos: 1, retain: true });
  await client.disconnect();
}

describe('The owner of a session', () => {
  onEachBroker(({ protocolVersion, startBroker, scene }) => {
    it('gets its share again when it has taken its session back from an adopter that had unsubscribed', async () => {
      const url = await startBroker();
      const proxy = await scene().proxy(url);
      const owned = new ControlledHandler();
      const owner = await scene().worker(
        // Slow to come back, so that it finds an adopter at its session.
        { url: proxy.url, protocolVersion, adoption, clientId: 'owner', reconnect: { initial: 1_000, jitter: 0 } },
        controllerFor(jobs, owned.handle),
      );
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publish('jobs/a', ['before']);
      await owned.whenStarted('before');
      const adopted = new ControlledHandler();
      const heir = await scene().worker(
        { url, protocolVersion, adoption, clientId: 'heir' },
        controllerFor(jobs, adopted.handle),
      );
      proxy.cut();
      await adopted.whenStarted('before');
      await owner.events.take('connected', 2);
      // The embedded broker has handed on what was in flight, so there the adoption is over by now.
      const [over] = await heir.events.take('adopted', 1);
      adopted.finishAll();
      await heir.close();
      await publisher.publish('jobs/a', ['after']);
      await owned.whenStarted('after');

      expect(over?.session).toBe('owner:workers:0');
      expect(owned.started).toEqual(['before', 'after']);
      owned.finishAll();
      await owner.events.take('handled', 2);
    });

    it('is not thrown out while SUBACK waits behind what its session holds', async () => {
      const url = await startBroker();
      await scene().leaveSession(url, 'owner:workers:0', '$share/workers/jobs/#', protocolVersion);
      await leaveGone(url, protocolVersion, 'owner:workers:0');
      const publisher = await scene().publisher(url, protocolVersion);
      const backlog = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6'];
      await publisher.publish('jobs/a', backlog);
      const owned = new ControlledHandler();
      const owner = scene().worker(
        { url, protocolVersion, adoption: { after: 60_000 }, clientId: 'owner', concurrency: 1, receiveMaximum: 1 },
        controllerFor(jobs, owned.handle),
      );
      await owned.whenStarted('m1');
      const heir = await scene().worker(
        { url, protocolVersion, adoption, clientId: 'heir' },
        controllerFor(jobs, () => {}),
      );
      // By the time this one is adopted the owner's would have been.
      await leaveGone(url, protocolVersion, 'dead:workers:0');
      await heir.events.take('adopted', 1);
      owned.finishAll();
      await (await owner).events.take('acknowledged', 6);

      expect(heir.events.of('adopting').map(({ session }) => session)).toEqual(['dead:workers:0']);
      expect(owned.started).toEqual(backlog);
    });

    it.each([
      ['on each connection, because its session may be there without subscriptions', 'mosquitto', 3],
      ['once only where that would deliver again what it runs, and nobody has touched its session', 'artemis', 1],
    ] as const)('subscribes %s', async (_, name, times) => {
      const url = await startBroker();
      const proxy = await scene().proxy(url);
      const reconnect = { initial: 10, jitter: 0 };
      const owner = await scene().worker(
        { url: proxy.url, protocolVersion, broker: name, adoption: { after: 60_000 }, clientId: 'owner', reconnect },
        controllerFor(jobs, () => {}),
      );
      proxy.cut();
      await owner.events.take('connected', 2);
      proxy.cut();
      await owner.events.take('connected', 3);

      const subscribed = proxy.packets(({ packet }) => packet.cmd === 'subscribe');
      const filters = subscribed.map(({ packet }) => packet.cmd === 'subscribe' && packet.subscriptions[0]?.topic);
      expect(filters.filter((filter) => filter === '$share/workers/jobs/#')).toHaveLength(times);
    });
  });
});
