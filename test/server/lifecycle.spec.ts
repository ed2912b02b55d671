import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { MQTTSharedContext, type ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { type Deferred, deferred } from './deferred.js';
import { Timeline } from './timeline.js';
import { Scene } from './worker.js';

let scene: Scene;
let gate: Deferred<void>;

beforeEach(async () => {
  gate = deferred();
  scene = await Scene.open();
});
afterEach(() => scene.close());

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+')
  async work(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    scene.timeline.add(`started ${ctx.topic}`);
    await gate.promise;
    scene.timeline.add(`finished ${ctx.topic}`);
  }

  @EventPattern('news')
  news(@Payload() _data: unknown): void {}
}

const controllers = [JobsController];
const statuses = (): string[] => scene.timeline.entries.filter((entry) => entry.startsWith('status '));

describe('The status of a server', () => {
  it('follows its connections from the first to the last', async () => {
    await scene.start({ controllers, server: { clientId: 'w' } });
    expect(statuses()).toEqual(['status disconnected', 'status connected']);
    scene.broker.cut('w:workers:0');
    await scene.timeline.until('status reconnecting');
    await scene.timeline.untilTimes(2, 'status connected');
    expect(statuses().slice(2)).toEqual(['status reconnecting', 'status connected']);
    await scene.app.close();
    expect(statuses().slice(4)).toEqual(['status closed']);
  });

  it('tells who comes late what it is now, and each change once', async () => {
    await scene.start({ controllers });
    const seen: string[] = [];
    scene.app.status.subscribe((status: string) => seen.push(status));
    expect(seen).toEqual(['connected']);
    await scene.app.close();
    expect(seen).toEqual(['connected', 'closed']);
  });

  it('is connected again when messages are handled again', async () => {
    gate.resolve();
    await scene.start({ controllers, server: { clientId: 'w' } });
    scene.broker.cut('w:workers:0');
    await scene.timeline.untilTimes(2, 'status connected');
    await scene.publish('jobs/after');
    await scene.timeline.until('acknowledged jobs/after');
    expect(statuses().at(-1)).toBe('status connected');
  });
});

describe('A microservice of NestFactory', () => {
  @Injectable()
  class Database implements OnApplicationShutdown {
    onApplicationShutdown(signal?: string): void {
      scene.timeline.add(`database closed after ${signal ?? 'close()'}`);
    }
  }

  @Module({ controllers, providers: [Database] })
  class AppModule {}

  async function start(): Promise<Awaited<ReturnType<typeof NestFactory.createMicroservice>>> {
    scene.server = scene.newServer({ clientId: 'w' });
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      strategy: scene.server,
      logger: scene.log,
    });
    await app.listen();
    return app;
  }

  it('finishes what runs before its providers are shut down, acknowledges it and leaves nothing on the broker', async () => {
    const app = await start();
    await scene.publish('jobs/1');
    await scene.timeline.until('started jobs/1');
    const closed = app.close();
    gate.resolve();
    await closed;
    expect(scene.timeline.entries.slice(-5)).toEqual([
      'started jobs/1',
      'finished jobs/1',
      'acknowledged jobs/1',
      'status closed',
      'database closed after close()',
    ]);
    expect(scene.broker.clients).toEqual([]);
  });

  it('does the same on a signal when shutdown hooks are enabled', async () => {
    const app = await start();
    const killed = deferred<unknown>();
    const kill = jest.spyOn(process, 'kill').mockImplementation((...args) => {
      killed.resolve(args);
      return true;
    });
    try {
      app.enableShutdownHooks(['SIGTERM']);
      await scene.publish('jobs/1');
      await scene.timeline.until('started jobs/1');
      process.emit('SIGTERM', 'SIGTERM');
      gate.resolve();
      expect(await killed.promise).toEqual([process.pid, 'SIGTERM']);
    } finally {
      kill.mockRestore();
    }
    expect(scene.timeline.entries.slice(-5)).toEqual([
      'started jobs/1',
      'finished jobs/1',
      'acknowledged jobs/1',
      'status closed',
      'database closed after SIGTERM',
    ]);
    expect(scene.broker.clients).toEqual([]);
  });

  it('leaves what did not end in time to the broker, says how much, and closes all the same', async () => {
    scene.server = scene.newServer({ clientId: 'w', drainTimeout: 20 });
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
      strategy: scene.server,
      logger: scene.log,
    });
    await app.listen();
    await scene.publish('jobs/endless');
    await scene.timeline.until('started jobs/endless');
    await app.close();
    const [left] = scene.broker.clients;
    expect(left).toMatchObject({ clientId: 'w:workers:0', connected: false });
    expect(left?.inFlight).toHaveLength(1);
    expect(scene.log.lines).toContainEqual(
      expect.stringMatching(/^warn Closed "w:workers:0" of group "workers": 1 message/),
    );
    gate.resolve();
  });

  it('can be closed twice, and before it was ever started', async () => {
    const app = await start();
    await Promise.all([app.close(), scene.server.close()]);
    await scene.server.close();
    await scene.create({ controllers });
    await scene.app.close();
    expect(statuses().at(-1)).toBe('status closed');
  });
});

describe('What a server gives away', () => {
  it('are its mqtt.js clients, one for each connection', async () => {
    await scene.create({ controllers, server: { clientId: 'w', connections: 2 } });
    expect(() => scene.server.unwrap()).toThrow('Please call the "listen"/"startAllMicroservices" method');
    await scene.app.listen();
    const clients = scene.app.unwrap<{ connected: boolean; options: { clientId: string } }[]>();
    expect(clients.map(({ connected, options }) => [options.clientId, connected])).toEqual([
      ['w:workers:0', true],
      ['w:workers:1', true],
      ['w::0', true],
    ]);
  });

  it('are its events, to any number of listeners', async () => {
    gate.resolve();
    await scene.create({ controllers, server: { clientId: 'w' } });
    const heard: string[] = [];
    for (const listener of ['one', 'two']) {
      scene.server.on('subscribed', ({ filters }) => heard.push(`${listener} subscribed ${filters.join()}`));
      scene.server.on('handled', ({ message }) => heard.push(`${listener} handled ${message.topic}`));
    }
    await scene.app.listen();
    await scene.publish('jobs/1');
    await scene.timeline.until('acknowledged jobs/1');
    const expected = [
      'subscribed $share/workers/jobs/+,$share/workers/sentinel/+',
      'subscribed news',
      'handled jobs/1',
    ];
    expect(heard.sort()).toEqual(
      ['one', 'two'].flatMap((listener) => expected.map((what) => `${listener} ${what}`)).sort(),
    );
  });

  it('are the figures of each group', async () => {
    await scene.start({ controllers, server: { concurrency: 1, connections: { workers: 2 } } });
    const of = (group: string | undefined): ReturnType<ServerMQTTShared['stats']>['groups'][number] | undefined =>
      scene.server.stats().groups.find((stats) => stats.group === group);
    const nothing = { received: 0, handled: 0, failed: 0, running: 0, waiting: 0, unsettled: 0, oldestHeldFor: 0 };
    expect(of(undefined)).toMatchObject({ ...nothing, connections: 1, connectionsUp: 1 });
    expect(of('workers')).toMatchObject({ ...nothing, connections: 2, connectionsUp: 2 });

    const arrived = new Timeline();
    scene.server.on('received', ({ message }) => arrived.add(message.topic));
    for (const n of [1, 2, 3]) await scene.publish(`jobs/${n}`);
    await scene.timeline.until('started jobs/1', 'started jobs/2');
    await arrived.until('jobs/1', 'jobs/2', 'jobs/3');
    expect(of('workers')).toMatchObject({ received: 3, handled: 0, running: 2, waiting: 1, unsettled: 3 });
    expect(of('workers')?.oldestHeldFor).toBeGreaterThan(0);

    gate.resolve();
    await scene.timeline.until(...[1, 2, 3].map((n) => `acknowledged jobs/${n}`));
    expect(of('workers')).toMatchObject({ ...nothing, received: 3, handled: 3 });
    expect(of(undefined)).toMatchObject(nothing);
  });
});
