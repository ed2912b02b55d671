import { describe, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import { type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { type Ground, onEachBroker } from '../support/on-each-broker.js';
import type { RecordedPacket, RecordingProxy } from '../support/recording-proxy.js';
import type { TestPublisher, Worker } from '../support/scene.js';

const ACKNOWLEDGEMENTS = { 1: 'puback', 2: 'pubrec' } as const;

interface OnTheWire {
  readonly handler: ControlledHandler;
  readonly proxy: RecordingProxy;
  readonly publisher: TestPublisher;
  readonly worker: Worker;
}

async function workerBehindProxy(
  { scene, startBroker, protocolVersion }: Ground,
  qos: 1 | 2,
  options: MQTTSharedServerOptions = {},
): Promise<OnTheWire> {
  const url = await startBroker();
  const proxy = await scene.proxy(url);
  const handler = new ControlledHandler();
  const controller = controllerFor(SharedPattern('workers', 'jobs/#', { qos }), handler.handle);
  const worker = await scene.worker({ url: proxy.url, protocolVersion, ...options }, controller);
  scene.onClose(() => handler.finishAll());
  return { handler, proxy, worker, publisher: await scene.publisher(url, protocolVersion) };
}

function idOf({ packet }: RecordedPacket): number {
  return packet.messageId ?? 0;
}

function isAcknowledgement({ direction, packet }: RecordedPacket): boolean {
  return direction === 'toServer' && (packet.cmd === 'puback' || packet.cmd === 'pubrec');
}

/** The Packet Identifier under which the broker delivered this payload. */
function packetIdOf(proxy: RecordingProxy, payload: string): number {
  const found = proxy
    .packets()
    .find(
      ({ direction, packet }) =>
        direction === 'toClient' && packet.cmd === 'publish' && packet.payload.toString() === payload,
    );
  return found ? idOf(found) : 0;
}

/** What was acknowledged, in order, by the payload that had the Packet Identifier. */
function acknowledged(proxy: RecordingProxy, payloads: readonly string[]): (string | undefined)[] {
  return proxy
    .packets(isAcknowledgement)
    .map((recorded) => payloads.find((payload) => packetIdOf(proxy, payload) === idOf(recorded)));
}

/** Resolves when everything that the worker has decided to write has passed the proxy. */
async function everythingWritten({ worker, proxy }: OnTheWire): Promise<void> {
  await setImmediate();
  await setImmediate();
  const before = proxy.packets(({ packet }) => packet.cmd === 'pingreq').length;
  worker.server.unwrap<MqttClient[]>()[0]?.sendPing();
  await proxy.waitFor(
    ({ packet }) => packet.cmd === 'pingreq' && proxy.packets((seen) => seen.packet.cmd === 'pingreq').length > before,
  );
}

function acknowledgementOf(proxy: RecordingProxy, payload: string): Promise<RecordedPacket> {
  return proxy.waitFor((recorded) => isAcknowledgement(recorded) && idOf(recorded) === packetIdOf(proxy, payload));
}

describe('An acknowledgement on the wire', () => {
  onEachBroker((ground) => {
    describe.each([1, 2] as const)('at QoS %i', (qos) => {
      it('leaves after the handler has settled, and not before', async () => {
        const wire = await workerBehindProxy(ground, qos);
        const { handler, proxy, publisher } = wire;
        await publisher.publish('jobs/a', ['m1', 'm2'], qos);
        await handler.whenStarted('m1', 'm2');
        await everythingWritten(wire);
        expect(proxy.packets(isAcknowledgement)).toEqual([]);

        handler.finish('m1');
        const first = await acknowledgementOf(proxy, 'm1');
        expect(first.packet.cmd).toBe(ACKNOWLEDGEMENTS[qos]);
        await everythingWritten(wire);
        expect(acknowledged(proxy, ['m1', 'm2'])).toEqual(['m1']);

        handler.finish('m2');
        await acknowledgementOf(proxy, 'm2');
        expect(acknowledged(proxy, ['m1', 'm2'])).toEqual(['m1', 'm2']);
      });

      it('leaves in the order of arrival when handlers finish in reverse', async () => {
        const wire = await workerBehindProxy(ground, qos);
        const { handler, proxy, publisher } = wire;
        const payloads = ['m1', 'm2', 'm3', 'm4'];
        await publisher.publish('jobs/a', payloads, qos);
        await handler.whenStarted(...payloads);
        for (const payload of ['m4', 'm3', 'm2']) {
          handler.finish(payload);
          await everythingWritten(wire);
        }
        expect(proxy.packets(isAcknowledgement)).toEqual([]);

        handler.finish('m1');
        await acknowledgementOf(proxy, 'm4');
        expect(acknowledged(proxy, payloads)).toEqual(payloads);
      });

      it("leaves in the order of completion with ackOrder 'completion'", async () => {
        const { handler, proxy, publisher } = await workerBehindProxy(ground, qos, { ackOrder: 'completion' });
        const payloads = ['m1', 'm2', 'm3'];
        await publisher.publish('jobs/a', payloads, qos);
        await handler.whenStarted(...payloads);
        for (const payload of ['m3', 'm1', 'm2']) {
          handler.finish(payload);
          await acknowledgementOf(proxy, payload);
        }
        expect(acknowledged(proxy, payloads)).toEqual(['m3', 'm1', 'm2']);
      });

      it('waits for both of two handlers of one pattern', async () => {
        const url = await ground.startBroker();
        const proxy = await ground.scene.proxy(url);
        const [one, other] = [new ControlledHandler(), new ControlledHandler()];
        const pattern = SharedPattern('workers', 'jobs/#', { qos });
        const worker = await ground.scene.worker(
          { url: proxy.url, protocolVersion: ground.protocolVersion },
          controllerFor(pattern, one.handle),
          controllerFor(pattern, other.handle),
        );
        ground.scene.onClose(() => [one, other].forEach((handler) => handler.finishAll()));
        const publisher = await ground.scene.publisher(url, ground.protocolVersion);
        await publisher.publish('jobs/a', ['m1'], qos);
        await Promise.all([one.whenStarted('m1'), other.whenStarted('m1')]);
        other.finish('m1');
        await everythingWritten({ worker, proxy, publisher, handler: one });
        expect(proxy.packets(isAcknowledgement)).toEqual([]);

        one.finish('m1');
        await acknowledgementOf(proxy, 'm1');
        expect(acknowledged(proxy, ['m1'])).toEqual(['m1']);
      });
    });

    it('[MQTT-4.3.3-2] begins the rest of the QoS 2 exchange: PUBREL answered by PUBCOMP, once for each message', async () => {
      const wire = await workerBehindProxy(ground, 2);
      const { handler, proxy, publisher } = wire;
      await publisher.publish('jobs/a', ['m1', 'm2'], 2);
      await handler.whenStarted('m1', 'm2');
      handler.finish('m1');
      handler.finish('m2');
      const ids = ['m1', 'm2'].map((payload) => packetIdOf(proxy, payload));
      await proxy.waitFor((recorded) => recorded.packet.cmd === 'pubcomp' && idOf(recorded) === ids[1]);
      await everythingWritten(wire);

      for (const id of ids) {
        const exchange = proxy.packets((recorded) => idOf(recorded) === id && recorded.packet.cmd.startsWith('pub'));
        expect(exchange.map(({ direction, packet }) => `${direction} ${packet.cmd}`)).toEqual([
          'toClient publish',
          'toServer pubrec',
          'toClient pubrel',
          'toServer pubcomp',
        ]);
      }
    });
  });
});
