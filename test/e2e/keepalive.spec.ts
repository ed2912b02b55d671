import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { controllerFor } from '../support/controller-for.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { VERSIONS } from '../support/on-each-broker.js';
import { Scene, type Worker } from '../support/scene.js';

const HANDLER = 10_000;
const KEEPALIVE = 2;
const PAYLOADS = ['m1', 'm2', 'm3', 'm4'];

interface Case {
  readonly broker: 'embedded' | 'mosquitto';
  readonly protocolVersion: 4 | 5;
  readonly qos: 0 | 1 | 2;
  /** 1 makes reading pause where the broker sends more; at QoS 0 each does. */
  readonly receiveMaximum: number;
  readonly pauses: boolean;
}

const BROKERS = hasMosquitto() ? (['embedded', 'mosquitto'] as const) : (['embedded'] as const);

const CASES = BROKERS.flatMap((broker) =>
  VERSIONS.flatMap((protocolVersion): Case[] => [
    { broker, protocolVersion, qos: 1, receiveMaximum: 10, pauses: false },
    { broker, protocolVersion, qos: 1, receiveMaximum: 1, pauses: protocolVersion === 4 },
    { broker, protocolVersion, qos: 2, receiveMaximum: 1, pauses: protocolVersion === 4 },
    { broker, protocolVersion, qos: 0, receiveMaximum: 1, pauses: true },
  ]),
);

interface Outcome {
  readonly handled: readonly string[];
  readonly worker: Worker;
  /** How often reading had been paused, and resumed, when the long handler ended. */
  readonly pausedBefore: number;
  readonly resumedBefore: number;
}

async function run(scene: Scene, { broker, protocolVersion, qos, receiveMaximum }: Case): Promise<Outcome> {
  const { url } = await (broker === 'embedded' ? scene.embeddedBroker() : scene.mosquitto());
  const handled: string[] = [];
  let pausedBefore = 0;
  let resumedBefore = 0;
  const controller = controllerFor(SharedPattern('workers', 'jobs/#', { qos }), async (id) => {
    if (id === PAYLOADS[0]) {
      await setTimeout(HANDLER);
      pausedBefore = worker.events.of('paused').length;
      resumedBefore = worker.events.of('resumed').length;
    }
    handled.push(id);
  });
  const options = { url, protocolVersion, keepalive: KEEPALIVE, concurrency: 1, receiveMaximum };
  const worker = await scene.worker(options, controller);
  const publisher = await scene.publisher(url, protocolVersion);
  await publisher.publish('jobs/a', PAYLOADS, qos);
  await worker.events.take('handled', PAYLOADS.length, HANDLER + 5_000);
  if (qos > 0) await worker.events.take('acknowledged', PAYLOADS.length);
  return { handled, worker, pausedBefore, resumedBefore };
}

// All cases run at once, because each takes the time of its handler.
describe(`A handler of ${HANDLER / 1000} s with a Keep Alive of ${KEEPALIVE} s keeps its connection`, () => {
  const scene = new Scene();
  let outcomes: PromiseSettledResult<Outcome>[];
  beforeAll(async () => {
    outcomes = await Promise.allSettled(CASES.map((each) => run(scene, each)));
  }, HANDLER + 15_000);
  afterAll(() => scene.close());

  it.each(CASES.map((each, index) => ({ ...each, index })))(
    'on $broker, protocol version $protocolVersion, QoS $qos, with a window of $receiveMaximum (pauses: $pauses)',
    ({ index, pauses, qos }) => {
      const outcome = outcomes[index];
      if (outcome?.status !== 'fulfilled') throw outcome?.reason;
      const { handled, worker, pausedBefore, resumedBefore } = outcome.value;
      expect(worker.events.of('disconnected')).toEqual([]);
      expect(worker.events.of('connected')).toHaveLength(1);
      expect(handled).toEqual(PAYLOADS);
      expect(pausedBefore - resumedBefore).toBe(pauses ? 1 : 0);
      expect(worker.events.of('acknowledged').map(({ message }) => message.qos)).toEqual(
        qos === 0 ? [] : PAYLOADS.map(() => qos),
      );
    },
  );
});
