import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MQTTSharedServerOptions } from 'nestjs-mqtt-shared';
import { Child } from '../support/child/child.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { VERSIONS } from '../support/on-each-broker.js';
import { Scene } from '../support/scene.js';

const MESSAGES = 200_000;
const SIZE = 1024;
const MOST_GROWTH = 64 * 1024 * 1024;
const PATIENCE = 120_000;
/** Seconds: a worker whose reading is paused sends PINGREQ twice in each. */
const KEEPALIVE = 1;
const PINGS_WHILE_PAUSED = 4;

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

type Worker = Child<'worker-process'>;

/** A worker whose handler never finishes, in a process of its own. */
async function startWorker(server: MQTTSharedServerOptions, qos: 0 | 1 | 2): Promise<Worker> {
  // The pouring broker knows one connection only.
  const alone = { ...server, adoption: false, clientId: 'worker', broker: 'mosquitto' } as const;
  const worker = await Child.start('worker-process', { server: alone, qos });
  scene.onClose(() => worker.kill());
  return worker;
}

async function growthOf(worker: Worker): Promise<number> {
  worker.tell('memory');
  return (await worker.take('memory')).grown;
}

describe('200,000 messages of 1 KiB for a handler that never finishes', () => {
  describe.each(VERSIONS)('from a broker that keeps to no window, protocol version %i', (protocolVersion) => {
    it.each([0, 1, 2] as const)(
      'QoS %i: the memory of the worker grows by less than 64 MiB, and its connection lives',
      async (qos) => {
        const broker = await Child.start('pouring-broker', { qos, count: MESSAGES, size: SIZE });
        scene.onClose(() => broker.kill());
        const url = `mqtt://127.0.0.1:${broker.of('ready')[0]?.port}`;
        const worker = await startWorker({ url, protocolVersion, keepalive: KEEPALIVE }, qos);
        await worker.take('paused');
        await broker.take('pingreq', broker.of('pingreq').length + PINGS_WHILE_PAUSED);
        expect(await growthOf(worker)).toBeLessThan(MOST_GROWTH);
        expect(worker.of('disconnected')).toEqual([]);
      },
      PATIENCE,
    );
  });

  it(
    'are all handled, once, when the handler finishes after all',
    async () => {
      const broker = await Child.start('pouring-broker', { qos: 1, count: MESSAGES, size: SIZE });
      scene.onClose(() => broker.kill());
      const url = `mqtt://127.0.0.1:${broker.of('ready')[0]?.port}`;
      const worker = await startWorker({ url, protocolVersion: 4 }, 1);
      await worker.take('paused');
      worker.tell('release');
      const timesHandled = new Uint8Array(MESSAGES);
      let left = MESSAGES;
      let looked = 0;
      await worker.until(
        () => {
          for (const report of worker.reports.slice(looked)) {
            if (report.type !== 'handled') continue;
            for (const id of report.ids) if (++timesHandled[Number(id)]! === 1) left--;
          }
          looked = worker.reports.length;
          return left === 0 || undefined;
        },
        'every message handled',
        PATIENCE,
      );
      expect(timesHandled.findIndex((times) => times !== 1)).toBe(-1);
      expect(worker.of('disconnected')).toEqual([]);
    },
    PATIENCE,
  );
});

(hasMosquitto() ? describe : describe.skip)('200,000 messages of 1 KiB in Mosquitto, told to keep to no window', () => {
  it.each(VERSIONS)(
    'protocol version %i: the memory of a worker whose handler never finishes grows by less than 64 MiB',
    async (protocolVersion) => {
      const { url, port } = await scene.mosquitto({ config: ['max_queued_messages 0', 'max_inflight_messages 0'] });
      const worker = await startWorker({ url, protocolVersion }, 1);
      const flood = await Child.start('flood-publisher', { port, count: MESSAGES, size: SIZE });
      scene.onClose(() => flood.kill());
      await flood.take('taken', 1, PATIENCE);
      expect(await growthOf(worker)).toBeLessThan(MOST_GROWTH);
      expect(worker.of('paused').length).toBe(protocolVersion === 4 ? 1 : 0);
      expect(worker.of('disconnected')).toEqual([]);
    },
    PATIENCE,
  );
});
