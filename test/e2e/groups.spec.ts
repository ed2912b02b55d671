import { describe, expect, it } from '@jest/globals';
import { EventPattern } from '@nestjs/microservices';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../support/controller-for.js';
import { onEachBroker } from '../support/on-each-broker.js';
import { ids } from '../support/scene.js';

/** Notes what came, under a name. */
function recorder() {
  const seen = new Map<string, string[]>();
  return {
    seenBy: (name: string) => (seen.get(name) ?? []).toSorted(),
    as: (name: string) => (id: string) => {
      seen.set(name, [...(seen.get(name) ?? []), id]);
    },
  };
}

describe('In one application', () => {
  onEachBroker(({ protocolVersion, startBroker, scene }) => {
    describe.each([1, 2] as const)('at QoS %i', (qos) => {
      const payloads = ids(20);

      it('two groups on one filter each get every message once', async () => {
        const url = await startBroker();
        const { as, seenBy } = recorder();
        const worker = await scene().worker(
          { url, protocolVersion },
          controllerFor(SharedPattern('resizers', 'jobs/#', { qos }), as('resizers')),
          controllerFor(SharedPattern('indexers', 'jobs/#', { qos }), as('indexers')),
        );
        const publisher = await scene().publisher(url, protocolVersion);
        await publisher.publish('jobs/a', payloads, qos);
        await worker.events.take('acknowledged', 2 * payloads.length);
        await worker.close();
        expect(seenBy('resizers')).toEqual(payloads.toSorted());
        expect(seenBy('indexers')).toEqual(payloads.toSorted());
      });

      it('one method in two groups gets every message once for each', async () => {
        const url = await startBroker();
        const { as, seenBy } = recorder();
        const bothGroups: MethodDecorator = (target, key, descriptor) => {
          SharedPattern('resizers', 'jobs/#', { qos })(target, key, descriptor);
          SharedPattern('indexers', 'jobs/#', { qos })(target, key, descriptor);
        };
        const worker = await scene().worker(
          { url, protocolVersion },
          controllerFor(bothGroups, (id, ctx) => as(String(ctx.group))(id)),
        );
        const publisher = await scene().publisher(url, protocolVersion);
        await publisher.publish('jobs/a', payloads, qos);
        await worker.events.take('acknowledged', 2 * payloads.length);
        await worker.close();
        expect(seenBy('resizers')).toEqual(payloads.toSorted());
        expect(seenBy('indexers')).toEqual(payloads.toSorted());
      });

      it('a shared and a plain subscription on one filter each get every message once', async () => {
        const url = await startBroker();
        const { as, seenBy } = recorder();
        const worker = await scene().worker(
          { url, protocolVersion, qos },
          controllerFor(SharedPattern('workers', 'jobs/#'), as('shared')),
          controllerFor(EventPattern('jobs/#') as MethodDecorator, as('plain')),
        );
        const publisher = await scene().publisher(url, protocolVersion);
        await publisher.publish('jobs/a', payloads, qos);
        await worker.events.take('acknowledged', 2 * payloads.length);
        await worker.close();
        expect(seenBy('shared')).toEqual(payloads.toSorted());
        expect(seenBy('plain')).toEqual(payloads.toSorted());
      });

      it('overlapping filters of one group each get what they match, once', async () => {
        const url = await startBroker();
        const { as, seenBy } = recorder();
        const worker = await scene().worker(
          { url, protocolVersion, qos },
          controllerFor(SharedPattern('workers', 'jobs/#'), as('all')),
          controllerFor(SharedPattern('workers', 'jobs/+/urgent'), as('urgent')),
          controllerFor(SharedPattern('workers', 'jobs/resize/+'), as('resize')),
        );
        const publisher = await scene().publisher(url, protocolVersion);
        await publisher.publish('jobs/resize/urgent', ids(5, 'x'), qos);
        await publisher.publish('jobs/index/urgent', ids(5, 'y'), qos);
        await publisher.publish('jobs/index/later', ids(5, 'z'), qos);
        await worker.events.take('acknowledged', 5 * 3 + 5 * 2 + 5);
        await worker.close();
        expect(seenBy('all')).toEqual([...ids(5, 'x'), ...ids(5, 'y'), ...ids(5, 'z')]);
        expect(seenBy('urgent')).toEqual([...ids(5, 'x'), ...ids(5, 'y')]);
        expect(seenBy('resize')).toEqual(ids(5, 'x'));
      });
    });

    it('two handlers of one pattern in one group each run once for a message, which is acknowledged once', async () => {
      const url = await startBroker();
      const { as, seenBy } = recorder();
      const worker = await scene().worker(
        { url, protocolVersion },
        controllerFor(SharedPattern('workers', 'jobs/#'), as('one')),
        controllerFor(SharedPattern('workers', 'jobs/#'), as('other')),
      );
      const publisher = await scene().publisher(url, protocolVersion);
      await publisher.publish('jobs/a', ids(9));
      await worker.events.take('acknowledged', 9);
      await worker.close();
      expect(seenBy('one')).toEqual(ids(9));
      expect(seenBy('other')).toEqual(ids(9));
      expect(worker.events.of('acknowledged').map(({ message }) => message.packetId)).toHaveLength(9);
    });
  });
});
