import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { MQTTSharedContext, type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { leftOpenBy } from './open-handles.js';
import { Scene } from './worker.js';

const NOT_BY_ITSELF = { reconnect: { initial: 600_000, max: 600_000, jitter: 0 } };
const WORKER = 'w:workers:0';

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+')
  work(@Ctx() ctx: MQTTSharedContext): void {
    scene.timeline.add(`ran ${ctx.topic}`);
    if (ctx.topic === 'jobs/failing' && !ctx.redelivered) throw new Error('not yet');
  }
}

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

async function start(server: MQTTSharedServerOptions): Promise<void> {
  await scene.start({ controllers: [JobsController], server: { clientId: 'w', ...server } });
}

async function cut(): Promise<void> {
  scene.broker.cut(WORKER);
  await scene.timeline.until('status reconnecting');
}

function nextConnect(): Promise<void> {
  return new Promise((resolve) => scene.broker.on('connect', ({ clientId }) => clientId === WORKER && resolve()));
}

describe.each([4, 5] as const)('close() while the connection is down (%i)', (protocolVersion) => {
  it('handles what the session has gathered meanwhile, and ends the session', async () => {
    await start({ protocolVersion, ...NOT_BY_ITSELF });
    await cut();
    await scene.publish('jobs/gathered');
    await scene.app.close();
    expect(scene.timeline.of('jobs/gathered')).toEqual(['ran', 'acknowledged']);
    expect(scene.broker.clients).toEqual([]);
  });

  it('handles more of that than it has in hand at once, behind which the answers of the broker come', async () => {
    await start({ protocolVersion, ...NOT_BY_ITSELF, concurrency: 1, receiveMaximum: 2 });
    await cut();
    const gathered = ['jobs/1', 'jobs/2', 'jobs/3', 'jobs/4', 'jobs/5'];
    for (const topic of gathered) await scene.publish(topic);
    await scene.app.close();
    for (const topic of gathered) expect(scene.timeline.of(topic)).toEqual(['ran', 'acknowledged']);
    expect(scene.broker.clients).toEqual([]);
  });

  it('does not subscribe again, nor say that it is connected', async () => {
    await start({ protocolVersion, ...NOT_BY_ITSELF });
    await cut();
    const subscribed: string[] = [];
    scene.broker.on('subscribe', ({ filter }) => subscribed.push(filter));
    await scene.app.close();
    expect(subscribed).toEqual([]);
    const statuses = scene.timeline.entries.filter((entry) => entry.startsWith('status '));
    expect(statuses.slice(-2)).toEqual(['status reconnecting', 'status closed']);
  });

  it('ends the session whose resubscription is refused', async () => {
    await start({ protocolVersion, ...NOT_BY_ITSELF, reconnect: { initial: 5, max: 5, jitter: 0 } });
    scene.broker.refuse('$share/workers/jobs/+', 0x80);
    scene.broker.expireSession(WORKER);
    await scene.timeline.until('status subscription-refused');
    await scene.app.close();
    expect(scene.broker.clients).toEqual([]);
  });

  it('ends the session, too, when it comes in the middle of a renewal of the connection', async () => {
    await start({ protocolVersion, redeliverAfter: 1 });
    let closed: Promise<void> | undefined;
    scene.server.on('disconnected', () => void (closed ??= scene.app.close()));
    await scene.publish('jobs/failing');
    await scene.timeline.until('acknowledged jobs/failing');
    await closed;
    expect(scene.timeline.of('jobs/failing')).toEqual(['ran', 'failed', 'held', 'ran', 'acknowledged']);
    expect(scene.broker.clients).toEqual([]);
  });

  it('ends the session, too, when the renewal has just begun', async () => {
    await start({ protocolVersion, redeliverAfter: 1 });
    let closed: Promise<void> | undefined;
    scene.broker.on('disconnect', () => void (closed ??= scene.app.close()));
    await scene.publish('jobs/failing');
    await scene.timeline.until('acknowledged jobs/failing');
    await closed;
    expect(scene.broker.clients).toEqual([]);
  });

  it('ends at once where the broker is gone', async () => {
    await start({ protocolVersion, ...NOT_BY_ITSELF, drainTimeout: 600_000 });
    await scene.broker.close();
    await scene.timeline.until('status reconnecting');
    await scene.app.close();
    expect(scene.timeline.entries.at(-1)).toBe('status closed');
  });

  it('ends at once where the connection is back, and that on which presence is watched is not', async () => {
    await start({ protocolVersion, drainTimeout: 600_000, connectTimeout: 600_000 });
    const withheld = scene.broker.withhold(({ cmd }, clientId) => cmd === 'connack' && clientId === 'w:presence');
    const connecting = nextConnect();
    scene.broker.cut('w:presence');
    scene.broker.cut(WORKER);
    await connecting;
    await scene.publish('jobs/gathered');
    await scene.timeline.until('acknowledged jobs/gathered');
    await scene.app.close();
    withheld.drop();
    expect(scene.timeline.entries.at(-1)).toBe('status closed');
    expect(scene.broker.clients.filter(({ clientId }) => clientId === WORKER)).toEqual([]);
  });

  it('ends at drainTimeout where the broker has stopped answering, and gives up the connection being opened', async () => {
    await start({ protocolVersion, drainTimeout: 50, connectTimeout: 600_000, adoption: false });
    const withheld = scene.broker.withhold(({ cmd }) => cmd === 'connack');
    const connecting = nextConnect();
    scene.broker.cut(WORKER);
    await connecting;
    const gone = new Promise((resolve) => scene.broker.on('disconnect', resolve));
    await scene.app.close();
    await gone;
    withheld.drop();
    expect(scene.broker.clients.filter(({ connected }) => connected)).toEqual([]);
  });

  it('leaves no timer behind, not even that of a message that waits for its next attempt', async () => {
    const onError = { attempts: 2, backoff: { initial: 600_000, max: 600_000 } };
    const left = await leftOpenBy(async () => {
      await start({ protocolVersion, ...NOT_BY_ITSELF, onError });
      await scene.publish('jobs/failing');
      await scene.timeline.until('failed jobs/failing');
      await scene.broker.close();
      await scene.timeline.until('status reconnecting');
      await scene.app.close();
    });
    expect(left).toEqual([]);
  });
});

it.each([4, 5] as const)('close() leaves no timer behind when the roll call is not confirmed (%i)', async (version) => {
  const left = await leftOpenBy(async () => {
    await start({ protocolVersion: version, connectTimeout: 600_000 });
    scene.broker.withhold(({ cmd }, clientId) => cmd === 'puback' && clientId === WORKER);
    const answered = new Promise<void>((resolve) =>
      scene.broker.on('publish', ({ publisher }) => publisher === WORKER && resolve()),
    );
    await scene.publish('nestjs-mqtt-shared/presence/workers/roll-call', 'somebody');
    await answered;
    await scene.app.close();
    await scene.broker.close();
  });
  expect(left).toEqual([]);
});
