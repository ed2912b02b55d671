/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RpcException } from '@nestjs/microservices';
import { type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { failingWorker, QUICK, reasonCodeOf } from '../failure/failing-worker.js';
import { controllerFor } from '../support/controller-for.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { onEachBroker, onVersions } from '../support/on-each-broker.js';
import type { RecordedPacket } from '../support/recording-proxy.js';
import { Scene } from '../support/scene.js';
import { Watch } from '../support/watch.js';

const ONCE = { attempts: 1, then: 'dead-letter' } as const;
const REPLIES = 'w:replies';

const failing = (qos: 1 | 2 = 1) =>
  controllerFor(SharedPattern('workers', 'jobs/#', { qos }), () => {
    throw new Error('broken');
  });

/** Where the broker confirms a dead letter to the worker: PUBACK, or PUBCOMP at the end of a QoS 2 exchange. */
function isConfirmation({ direction, packet }: RecordedPacket): boolean {
  return direction === 'toClient' && (packet.cmd === 'puback' || packet.cmd === 'pubcomp');
}

describe('A dead letter', () => {
  onEachBroker((ground) => {
    it.each([0, 1, 2] as const)('has the QoS, payload and content type of the message: QoS %i', async (qos) => {
      const onError = { attempts: 2, backoff: QUICK, then: 'dead-letter' as const };
      const controller = controllerFor(SharedPattern('workers', 'jobs/#', { qos }), () => {
        throw new RpcException(`broken\0 ${'x'.repeat(1_000)}`);
      });
      const { worker, client, deadLetters } = await failingWorker(
        ground,
        await ground.startBroker(),
        { onError },
        controller,
      );
      const payload = Buffer.from([0x00, 0xff, 0xfe, 0x7b, 0x80]);
      const properties = { contentType: 'image/png', userProperties: { trace: 'abc', tag: ['a', 'b'] } };
      client.send({
        cmd: 'publish',
        topic: "jobs/$& $'",
        payload,
        qos,
        dup: false,
        retain: false,
        messageId: qos === 0 ? undefined : 100,
        ...(ground.protocolVersion === 5 && { properties }),
      });
      if (qos === 2) {
        await client.waitFor(({ cmd }) => cmd === 'pubrec');
        client.send({ cmd: 'pubrel', messageId: 100 });
      }
      const [letter] = await deadLetters.waitForPublishes(1);
      expect(letter).toMatchObject({ topic: "dead-letter/workers/jobs/$& $'", qos, retain: false, payload });
      if (qos > 0) await worker.events.take('acknowledged');
      const told = letter?.properties?.userProperties;
      expect(letter?.properties?.contentType).toBe(ground.protocolVersion === 5 ? 'image/png' : undefined);
      expect(told && { ...told, 'dead-letter-at': undefined }).toEqual(
        ground.protocolVersion === 5
          ? {
              trace: 'abc',
              tag: ['a', 'b'],
              'dead-letter-reason': `broken ${'x'.repeat(493)}`,
              'dead-letter-topic': "jobs/$& $'",
              'dead-letter-group': 'workers',
              'dead-letter-filter': 'jobs/#',
              'dead-letter-handler': 'TestController.work',
              'dead-letter-attempts': '2',
              'dead-letter-worker': 'w:workers:0',
            }
          : undefined,
      );
    });

    it.each([1, 2] as const)(
      'comes before the acknowledgement of its message, in order of arrival: QoS %i',
      async (qos) => {
        const { wire, client } = await failingWorker(
          ground,
          await ground.startBroker(),
          { onError: ONCE },
          controllerFor(SharedPattern('workers', 'jobs/#', { qos }), (id) => {
            if (id === 'm2') throw new Error('broken');
          }),
        );
        for (const id of ['m1', 'm2', 'm3']) await client.publish('jobs/a', id, { qos });
        const acknowledgement = await wire.acknowledgementOf('m2');
        await wire.acknowledgementOf('m3');
        const confirmation = wire.proxy.recorded.findIndex(isConfirmation);
        expect(confirmation).toBeGreaterThan(-1);
        expect(wire.proxy.recorded.indexOf(acknowledgement)).toBeGreaterThan(confirmation);
        expect(wire.acknowledged()).toEqual(['m1', 'm2', 'm3']);
      },
    );
  });
});

describe('A dead letter that is too large for the broker', () => {
  if (!hasMosquitto()) {
    test.todo('Mosquitto is not installed');
    return;
  }
  const own = { trace: 'x'.repeat(60) };
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());

  it.each([
    ['goes without what the worker has to tell', 1_800, own],
    ['goes without any properties when it must', 1_900, undefined],
  ])('%s', async (_what, bytes, userProperties) => {
    const { url } = await scene.mosquitto({ config: ['max_packet_size 2000'] });
    const ground = { scene: () => scene, protocolVersion: 5 } as const;
    const { wire, client, deadLetters } = await failingWorker(ground, url, { onError: ONCE }, failing());
    const payload = 'x'.repeat(bytes);
    await client.publish('jobs/a', payload, { properties: { userProperties: own } });
    const letter = await deadLetters.waitForPayload(payload);
    expect(letter.properties?.userProperties).toEqual(userProperties);
    await wire.acknowledgementOf(payload);
  });

  it('even without properties is left unacknowledged, and comes again', async () => {
    const { url } = await scene.mosquitto({ config: ['max_packet_size 2000'] });
    const ground = { scene: () => scene, protocolVersion: 5 } as const;
    const options = { onError: ONCE, redeliverAfter: 20 };
    const { worker, wire, client, deadLetters } = await failingWorker(ground, url, options, failing());
    await client.publish('jobs/a', 'x'.repeat(1_970));
    await worker.events.take('held', 2);
    await deadLetters.ping();
    expect([wire.acknowledged(), deadLetters.payloads]).toEqual([[], []]);
  });
});

describe('A message whose dead letter', () => {
  onVersions((protocolVersion, scene) => {
    const ground = { scene, protocolVersion };

    it.each([1, 2] as const)('is not confirmed is not acknowledged until it is: QoS %i', async (qos) => {
      const broker = await scene().embeddedBroker();
      const last = qos === 1 ? 'puback' : 'pubcomp';
      const release = broker.withhold(({ cmd }, clientId) => clientId === REPLIES && cmd === last);
      const { worker, wire, client, deadLetters } = await failingWorker(
        ground,
        broker.url,
        { onError: ONCE },
        failing(qos),
      );
      await client.publish('jobs/a', 'm1', { qos });
      await deadLetters.waitForPayload('m1');
      await deadLetters.ping();
      await wire.everythingWritten(worker);
      expect(wire.acknowledged()).toEqual([]);
      expect(worker.events.of('held')).toEqual([]);

      release();
      await wire.acknowledgementOf('m1');
      expect(wire.acknowledged()).toEqual(['m1']);
      expect(deadLetters.payloads).toEqual(['m1']);
    });

    it('loses its connection before it is confirmed is acknowledged when it was confirmed on the next', async () => {
      const broker = await scene().embeddedBroker();
      const release = broker.withhold(({ cmd }, clientId) => clientId === REPLIES && cmd === 'puback');
      const options = { onError: ONCE, reconnect: { initial: 5, jitter: 0 } };
      const { worker, wire, client, deadLetters } = await failingWorker(ground, broker.url, options, failing());
      await client.publish('jobs/a', 'm1');
      await deadLetters.waitForPayload('m1');
      broker.cut(REPLIES);
      await deadLetters.waitForPublishes(2);
      await wire.everythingWritten(worker);
      expect(wire.acknowledged()).toEqual([]);

      release();
      await wire.acknowledgementOf('m1');
      expect(wire.acknowledged()).toEqual(['m1']);
      expect(wire.deliveries('m1')).toHaveLength(1);
    });

    it('finds no connection is not acknowledged, comes again, and is dead-lettered once there is one', async () => {
      const refused = new Watch();
      let refusals = 0;
      let open = false;
      const broker = await scene().embeddedBroker({
        authenticate: ({ clientId }) => {
          if (clientId !== REPLIES || open) return true;
          refusals++;
          refused.changed();
          return false;
        },
      });
      const runs: string[] = [];
      const { worker, wire, client, deadLetters } = await failingWorker(
        ground,
        broker.url,
        { onError: ONCE, redeliverAfter: 50 },
        controllerFor(SharedPattern('workers', 'jobs/#'), (id) => {
          runs.push(id);
          if (id === 'm1') throw new Error('broken');
        }),
      );
      await client.publish('jobs/a', 'm1');
      await client.publish('jobs/a', 'm2');
      await wire.acknowledgementOf('m2'); // what is held holds back nobody
      await refused.until(
        () => refusals >= 2 || undefined,
        () => `Refused ${refusals} times.`,
      );
      await worker.events.take('held', 2);
      expect(wire.acknowledged()).toEqual(['m2']);
      expect(deadLetters.payloads).toEqual([]);

      open = true;
      await deadLetters.waitForPayload('m1');
      const { connection } = await wire.acknowledgementOf('m1');
      expect(connection).toBeGreaterThan(1);
      expect(wire.acknowledged()).toEqual(['m2', 'm1']);
      expect(deadLetters.payloads).toEqual(['m1']);
      expect(runs.filter((id) => id === 'm2')).toEqual(['m2']);
    });

    it('still has to be confirmed when the server closes is waited for', async () => {
      const broker = await scene().embeddedBroker();
      const release = broker.withhold(({ cmd }, clientId) => clientId === REPLIES && cmd === 'puback');
      const { worker, wire, client, deadLetters } = await failingWorker(
        ground,
        broker.url,
        { onError: ONCE },
        failing(),
      );
      await client.publish('jobs/a', 'm1');
      await deadLetters.waitForPayload('m1');
      const closed = worker.close();
      await wire.proxy.waitFor(({ packet }) => packet.cmd === 'unsubscribe');
      expect(wire.acknowledged()).toEqual([]);
      release();
      await closed;
      expect(wire.acknowledged()).toEqual(['m1']);
      expect(worker.events.of('drained')).toMatchObject([{ left: 0 }]);
    });
  });

  describe('is not authorized by Mosquitto, on 5.0,', () => {
    if (!hasMosquitto()) {
      test.todo('Mosquitto is not installed');
      return;
    }

    it.each([1, 2] as const)('is held, and dead-lettered when it comes again and is: QoS %i', async (qos) => {
      const scene = new Scene();
      try {
        const folder = await mkdtemp(join(tmpdir(), 'acl-'));
        scene.onClose(() => rm(folder, { recursive: true }));
        const accessRules = join(folder, 'acl');
        await writeFile(accessRules, 'topic readwrite jobs/#\ntopic read dead-letter/#\n');
        const broker = await scene.mosquitto({ config: [`acl_file ${accessRules}`] });
        const ground = { scene: () => scene, protocolVersion: 5 } as const;
        const options = { onError: ONCE, redeliverAfter: 100 };
        const { worker, wire, client, deadLetters } = await failingWorker(ground, broker.url, options, failing(qos));
        await client.publish('jobs/a', 'm1', { qos });
        await worker.events.take('held');
        const refusal = await wire.proxy.waitFor(
          (recorded) => recorded.direction === 'toClient' && reasonCodeOf(recorded) === 0x87,
        );
        expect(refusal.packet.cmd).toBe(qos === 1 ? 'puback' : 'pubrec');
        await wire.everythingWritten(worker);
        expect(wire.acknowledged()).toEqual([]);
        expect(deadLetters.payloads).toEqual([]);

        await writeFile(accessRules, 'topic readwrite #\n');
        process.kill(broker.pid, 'SIGHUP'); // reads its access rules again
        await deadLetters.waitForPayload('m1');
        const { connection } = await wire.acknowledgementOf('m1');
        expect(connection).toBeGreaterThan(1);
        expect(wire.acknowledged()).toEqual(['m1']);
        expect(deadLetters.payloads).toEqual(['m1']);
      } finally {
        await scene.close();
      }
    });
  });
});

describe('A dead-letter topic that a filter of its group matches', () => {
  onVersions((protocolVersion, scene) => {
    const handler = (filter: string, onError: MQTTSharedServerOptions['onError'] = {}, group = 'workers') =>
      controllerFor(SharedPattern(group, filter, { onError }), () => {
        throw new Error('broken');
      });

    it.each<[string, MQTTSharedServerOptions['onError'], MQTTSharedServerOptions['onError'], string[]]>([
      ['of the server', { then: 'dead-letter', deadLetterTopic: 'jobs/failed/{topic}' }, {}, ['jobs/#']],
      ['of the pattern', {}, { then: 'dead-letter', deadLetterTopic: '{topic}/failed' }, ['jobs/#']],
      ['by default', { then: 'dead-letter' }, {}, ['jobs/#', '#']],
      ['through another filter', { then: 'dead-letter' }, {}, ['jobs/+', 'dead-letter/workers/jobs/a']],
    ])('is refused at start, with the option and the filter: %s', async (_what, server, pattern, filters) => {
      const broker = await scene().embeddedBroker();
      const clients: string[] = [];
      broker.on('connect', ({ clientId }) => clients.push(clientId));
      const starting = scene().worker(
        { url: broker.url, protocolVersion, onError: server },
        ...filters.map((filter) => handler(filter, pattern)),
      );
      const refused = filters.at(-1);
      await expect(starting).rejects.toMatchObject({
        code: 'DEAD_LETTER_LOOP',
        message: expect.stringContaining(`"${refused}"`),
      });
      await expect(starting).rejects.toThrow(/onError\.deadLetterTopic/);
      expect(clients).toEqual([]);
    });

    it('is no fault where it is a filter of another group: that gets the dead letters', async () => {
      const broker = await scene().embeddedBroker();
      const archived = new Watch();
      const letters: string[] = [];
      const pattern = SharedPattern('archive', 'dead-letter/#', { onError: { then: 'redeliver' } });
      const archive = controllerFor(pattern, (id, { topic }) => {
        letters.push(`${id} ${topic}`);
        archived.changed();
      });
      await scene().worker({ url: broker.url, protocolVersion, onError: ONCE }, handler('jobs/#'), archive);
      await broker.publish('jobs/a', 'm1', { qos: 1 });
      await archived.until(
        () => letters[0],
        () => 'No dead letter.',
      );
      expect(letters).toEqual(['m1 dead-letter/workers/jobs/a']);
    });
  });
});
