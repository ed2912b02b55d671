import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { Child } from '../support/child/child.js';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { VERSIONS } from '../support/on-each-broker.js';
import { ids, Scene } from '../support/scene.js';

const CONCURRENCY = 4;
const MESSAGES = ids(30);
/** Those in whose handlers the worker is killed, those that wait for their turn in it, and those that the broker has. */
const IN_HANDLERS = MESSAGES.slice(0, CONCURRENCY);

interface Heir {
  readonly dead: MQTTSharedServerOptions;
  readonly heir: MQTTSharedServerOptions;
}

const HEIRS: [string, Heir][] = [
  [
    'another worker, which adopts its session',
    {
      dead: { clientId: 'dead', adoption: { after: 300 } },
      heir: { clientId: 'heir', adoption: { after: 300 } },
    },
  ],
  [
    'a worker that comes back under its name',
    { dead: { clientId: 'dead', adoption: false }, heir: { clientId: 'dead', adoption: false } },
  ],
];

(hasMosquitto() ? describe : describe.skip)(
  'At QoS 2 a worker that is killed inside its handlers, on Mosquitto,',
  () => {
    describe.each(VERSIONS)('protocol version %i', (protocolVersion) => {
      let scene: Scene;
      beforeEach(() => {
        scene = new Scene();
      });
      afterEach(() => scene.close());

      it.each(HEIRS)('loses nothing: all of it is run, once, by %s', async (_who, options) => {
        const { url } = await scene.mosquitto();
        const common = { url, protocolVersion, concurrency: CONCURRENCY };
        const dead = await Child.start('worker-process', { server: { ...common, ...options.dead }, qos: 2 });
        scene.onClose(() => dead.kill());
        const publisher = await scene.publisher(url, protocolVersion);
        await publisher.publish('jobs/a', MESSAGES, 2);
        await dead.take('started', CONCURRENCY);
        expect(dead.of('started').map(({ id }) => id)).toEqual(IN_HANDLERS);
        await dead.kill();

        const handler = new ControlledHandler();
        handler.finishAll();
        const heir = await scene.worker(
          { ...common, ...options.heir },
          controllerFor(SharedPattern('workers', 'jobs/#', { qos: 2 }), handler.handle),
        );
        await handler.whenStarted(...MESSAGES);
        if (options.heir.adoption !== false) await heir.events.take('adopted');
        await heir.close();
        expect(handler.ended.toSorted()).toEqual(MESSAGES.toSorted());
        for (const clientId of ['dead:workers:0', 'heir:workers:0']) {
          expect(await scene.sessionPresent(url, clientId, protocolVersion)).toBe(false);
        }
      });
    });
  },
);
