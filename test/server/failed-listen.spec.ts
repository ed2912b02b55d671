import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { RawClient } from '../support/raw-client.js';
import { type Deferred, deferred } from './deferred.js';
import { Scene } from './worker.js';

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+')
  async work(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    scene.timeline.add(`started ${ctx.topic}`);
    await gate.promise;
    scene.timeline.add(`finished ${ctx.topic}`);
  }

  @SharedPattern('auditors', 'jobs/+')
  audit(): void {}
}

let scene: Scene;
let gate: Deferred<void>;
beforeEach(async () => {
  gate = deferred();
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** Whatever a worker has written by now, an UNSUBSCRIBE or a DISCONNECT, reaches the broker before this is over. */
async function longEnoughToLeave(): Promise<void> {
  const other = await RawClient.connect(scene.broker.url, { protocolVersion: 5, clientId: 'other' });
  await other.ping();
  await other.disconnect();
}

describe.each([4, 5] as const)('What a group was given before another was refused (%i)', (protocolVersion) => {
  it.each([undefined, 'w'])('is finished and acknowledged before listen() fails, clientId %s', async (clientId) => {
    scene.broker.refuse('$share/auditors/jobs/+', 0x80);
    const withheld = scene.broker.withhold(({ cmd }, id) => cmd === 'suback' && id.includes('auditors'));
    await scene.create({ controllers: [JobsController], server: { protocolVersion, clientId } });
    scene.server.on('acknowledged', ({ message }) => scene.timeline.add(`said to be acknowledged ${message.topic}`));
    const subscribed = new Promise<void>((resolve) => scene.server.on('subscribed', () => resolve()));
    const listening = scene.app.listen();
    listening.catch(() => {});
    await subscribed;
    await scene.publish('jobs/1');
    await scene.timeline.until('started jobs/1');
    const draining = new Promise<string>((resolve) => {
      scene.server.on('draining', ({ connection, running }) => running === 1 && resolve(connection));
    });
    withheld();
    const connection = await draining;
    await longEnoughToLeave();
    expect(scene.broker.clients).toContainEqual(expect.objectContaining({ clientId: connection, connected: true }));
    gate.resolve();
    await expect(listening).rejects.toMatchObject({ code: 'SUBSCRIPTION_REFUSED' });
    expect(scene.timeline.of('jobs/1').sort()).toEqual(
      ['started', 'finished', 'said to be acknowledged', 'acknowledged'].sort(),
    );
    expect(scene.broker.clients.filter(({ inFlight, queued }) => inFlight.length + queued > 0)).toEqual([]);
  });

  it('and was answered leaves no connection for answers behind', async () => {
    scene.broker.refuse('$share/auditors/jobs/+', 0x80);
    const withheld = scene.broker.withhold(({ cmd }, id) => cmd === 'suback' && id.includes('auditors'));
    await scene.create({ controllers: [JobsController], server: { protocolVersion } });
    gate.resolve();
    const subscribed = new Promise<void>((resolve) => scene.server.on('subscribed', () => resolve()));
    const listening = scene.app.listen();
    listening.catch(() => {});
    await subscribed;
    await scene.publish('jobs/1', { pattern: 'jobs/1', data: {}, id: '1', replyTo: 'answers' });
    await scene.timeline.until('acknowledged jobs/1');
    withheld();
    await expect(listening).rejects.toMatchObject({ code: 'SUBSCRIPTION_REFUSED' });
    expect(scene.broker.clients).toEqual([]);
  });

  it('and does not finish by drainTimeout is not said to be acknowledged', async () => {
    scene.broker.refuse('$share/auditors/jobs/+', 0x80);
    const withheld = scene.broker.withhold(({ cmd }, id) => cmd === 'suback' && id.includes('auditors'));
    await scene.create({ controllers: [JobsController], server: { protocolVersion, drainTimeout: 20 } });
    scene.server.on('acknowledged', ({ message }) => scene.timeline.add(`said to be acknowledged ${message.topic}`));
    scene.server.on('acknowledgement-dropped', ({ message }) => scene.timeline.add(`dropped ${message.topic}`));
    const subscribed = new Promise<void>((resolve) => scene.server.on('subscribed', () => resolve()));
    const listening = scene.app.listen();
    listening.catch(() => {});
    await subscribed;
    await scene.publish('jobs/1');
    await scene.timeline.until('started jobs/1');
    withheld();
    await expect(listening).rejects.toMatchObject({ code: 'SUBSCRIPTION_REFUSED' });
    gate.resolve();
    await scene.timeline.until('dropped jobs/1');
    expect(scene.timeline.of('jobs/1')).toEqual(['started', 'finished', 'dropped']);
  });
});

describe.each([4, 5] as const)('A session whose SUBACK does not come (%i)', (protocolVersion) => {
  const server = { protocolVersion, clientId: 'w', connectTimeout: 1_000 };

  /** What is retained where workers tell each other of their sessions. */
  async function presences(): Promise<string[]> {
    const client = await RawClient.connect(scene.broker.url, { protocolVersion, clientId: 'looks-on' });
    await client.subscribe('nestjs-mqtt-shared/presence/#');
    await client.ping();
    await client.disconnect();
    return client.publishes.map(({ topic }) => topic);
  }

  it.each([true, false])('is ended when listen() has failed for it, adoption %s', async (adoption) => {
    scene.broker.withhold(({ cmd }, id) => cmd === 'suback' && id === 'w:workers:0');
    await scene.create({ controllers: [JobsController], server: { ...server, adoption } });
    await expect(scene.app.listen()).rejects.toMatchObject({ code: 'NO_ANSWER' });
    expect(scene.broker.clients).toEqual([]);
    expect(await presences()).toEqual([]);
  });

  it.each([true, false])('is ended when close() comes first, before that has ended, adoption %s', async (adoption) => {
    scene.broker.withhold(({ cmd }, id) => cmd === 'suback' && !id.endsWith(':presence'));
    await scene.create({ controllers: [JobsController], server: { protocolVersion, adoption } });
    scene.broker.on('subscribe', ({ filter }) => scene.timeline.add(`subscribe ${filter}`));
    const listening = scene.app.listen();
    listening.catch(() => {});
    await scene.timeline.until('subscribe $share/workers/jobs/+', 'subscribe $share/auditors/jobs/+');
    await scene.server.close();
    expect(scene.broker.clients).toEqual([]);
    await expect(listening).rejects.toThrow('stopped before it was ready');
  });

  it('is finished before: what it was given is handled and acknowledged', async () => {
    scene.broker.withhold(({ cmd }, id) => cmd === 'suback' && id === 'w:workers:0');
    await scene.create({ controllers: [JobsController], server: { ...server, concurrency: 1 } });
    const subscribed = new Promise<void>((resolve) =>
      scene.broker.on('subscribe', ({ filter }) => filter === '$share/workers/jobs/+' && resolve()),
    );
    const disconnected = new Promise<void>((resolve) =>
      scene.broker.on('disconnect', ({ clientId }) => clientId === 'w:workers:0' && resolve()),
    );
    const listening = scene.app.listen();
    listening.catch(() => {});
    await subscribed;
    await scene.publish('jobs/1');
    await scene.publish('jobs/2');
    await scene.timeline.until('started jobs/1');
    await disconnected;
    gate.resolve();
    await expect(listening).rejects.toMatchObject({ code: 'NO_ANSWER' });
    // What was done when its connection had ended comes again.
    for (const topic of ['jobs/1', 'jobs/2']) {
      const told = scene.timeline.of(topic);
      expect([told[0], told.at(-1)]).toEqual(['started', 'acknowledged']);
      expect(told.filter((entry) => entry === 'acknowledged')).toHaveLength(1);
    }
    expect(scene.broker.clients).toEqual([]);
  });

  it('stays for its worker to come back when the broker answers nothing, and listen() does not wait for long', async () => {
    scene.broker.withhold(({ cmd }, id) => ['suback', 'unsuback'].includes(cmd) && id === 'w:workers:0');
    await scene.create({
      controllers: [JobsController],
      server: { ...server, connectTimeout: 100, drainTimeout: 600_000 },
    });
    await expect(scene.app.listen()).rejects.toMatchObject({ code: 'NO_ANSWER' });
    expect(scene.broker.clients.map(({ clientId }) => clientId)).toEqual(['w:workers:0']);
  });
});
