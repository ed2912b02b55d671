import { describe, expect, it } from '@jest/globals';
import { type MQTTSharedServerOptions, type MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../../support/controller-for.js';
import { ids, type Worker } from '../../support/scene.js';
import { payloadOf, WireRecord } from '../../support/wire-record.js';
import type { Stage } from '../support/stage.js';
import type { Ground } from './ground.js';

interface OnTheWire {
  readonly t: Stage;
  readonly wire: WireRecord;
  readonly worker: Worker;
}

/**
 * A worker behind a recording proxy that has these messages in hand, in this order. Some brokers hand out what has
 * gathered meanwhile only when all that they have handed out before is acknowledged.
 */
async function withInHand(
  t: Stage,
  payloads: readonly string[],
  qos: 1 | 2,
  options: MQTTSharedServerOptions = {},
): Promise<OnTheWire> {
  const proxy = await t.proxy();
  const wire = new WireRecord(proxy);
  const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#'), { qos }), t.work.handlerOf('w1'));
  const allowDowngrade = qos > t.traits.maximumQoS;
  const worker = await t.worker('w1', [controller], { url: proxy.url, adoption: false, allowDowngrade, ...options });
  t.work.hold('first', ...payloads);
  await t.publish(t.topic('jobs/a'), ['first'], qos);
  await t.work.whenStarted(['first']);
  await t.publish(t.topic('jobs/a'), payloads, qos);
  t.work.release('first');
  await t.work.whenStarted(payloads);
  return { t, wire, worker };
}

export function acknowledgement({ stage, traits }: Ground): void {
  describe('an acknowledgement', () => {
    describe.each([1, 2] as const)('at QoS %i', (qos) => {
      it('leaves after the handler has settled, and not before', async () => {
        const { t, wire, worker } = await withInHand(stage(), ['m1', 'm2'], qos);
        const [earlier = '', later = ''] = wire.deliveries().map(payloadOf).slice(1); // not every broker keeps the order
        await wire.everythingWritten(worker);
        expect(wire.acknowledged()).toEqual(['first']);

        t.work.release(earlier);
        const { packet } = await wire.acknowledgementOf(earlier);
        expect(packet.cmd).toBe(qos === 2 && traits.maximumQoS === 2 ? 'pubrec' : 'puback');
        await wire.everythingWritten(worker);
        expect(wire.acknowledged()).toEqual(['first', earlier]);

        t.work.release(later);
        await wire.acknowledgementOf(later);
        expect(wire.acknowledged()).toEqual(['first', earlier, later]);
      });

      it('leaves in the order of arrival when handlers finish in reverse', async () => {
        const payloads = ids(4);
        const { t, wire, worker } = await withInHand(stage(), payloads, qos);
        const [oldest = '', ...others] = wire.deliveries().map(payloadOf).slice(1);
        for (const payload of others.toReversed()) {
          t.work.release(payload);
          await wire.everythingWritten(worker);
        }
        expect(wire.acknowledged()).toEqual(['first']);

        t.work.release(oldest);
        await wire.acknowledgementOf(others.at(-1) ?? oldest);
        expect(wire.acknowledged()).toEqual(['first', oldest, ...others]);
      });

      it('is taken in the order of completion, too, and nothing comes again', async () => {
        const payloads = ids(3);
        const { t, wire, worker } = await withInHand(stage(), payloads, qos, { ackOrder: 'completion' });
        for (const payload of ['m3', 'm1', 'm2']) {
          t.work.release(payload);
          await wire.acknowledgementOf(payload);
        }
        expect(wire.acknowledged()).toEqual(['first', 'm3', 'm1', 'm2']);
        await t.publish(t.topic('jobs/a'), ['next'], qos);
        await t.work.whenDone(['next']);
        await worker.close();

        expect(t.work.started().toSorted()).toEqual(['first', ...payloads, 'next'].toSorted());
      });
    });

    it('with ack "manual" is up to the handler, once', async () => {
      const t = stage();
      const proxy = await t.proxy();
      const wire = new WireRecord(proxy);
      const contexts: MQTTSharedContext[] = [];
      const handle = t.work.handlerOf('w1');
      const controller = controllerFor(
        SharedPattern('workers', t.topic('jobs/#'), { ack: 'manual' }),
        async (id, ctx) => {
          contexts.push(ctx);
          await handle(id);
        },
      );
      const worker = await t.worker('w1', [controller], { url: proxy.url, adoption: false });
      await t.publish(t.topic('jobs/a'), ['m1']);
      await t.work.whenDone(['m1']);
      await wire.everythingWritten(worker);
      expect(wire.acknowledged()).toEqual([]);

      expect(contexts.map((ctx) => [ctx.ack(), ctx.ack()])).toEqual([[true, false]]);
      await wire.acknowledgementOf('m1');
      await worker.close();
      expect(wire.acknowledged()).toEqual(['m1']);
      expect(t.work.started()).toEqual(['m1']);
    });

    it('of a handler that takes longer than the keepalive leaves on the same connection, and the message runs once', async () => {
      const t = stage();
      const proxy = await t.proxy();
      const wire = new WireRecord(proxy);
      const controller = controllerFor(SharedPattern('workers', t.topic('jobs/#')), t.work.handlerOf('w1'));
      const options = { url: proxy.url, keepalive: 2, adoption: false, concurrency: 1, receiveMaximum: 1 };
      const worker = await t.worker('w1', [controller], options);
      const sent = ids(5);
      t.work.hold('m1');
      await t.publish(t.topic('jobs/a'), sent);
      await t.work.whenStarted(['m1']);
      const started = performance.now();
      // A broker ends a connection that is silent for one and a half keepalives.
      await proxy.waitFor(({ packet, at }) => packet.cmd === 'pingreq' && at > started + 3_500, traits.patience);
      t.work.release('m1');
      await t.work.whenDone(sent);
      await wire.acknowledgementOf('m5');

      expect(worker.events.of('disconnected')).toEqual([]);
      expect(t.work.started().toSorted()).toEqual(sent);
    });
  });
}
