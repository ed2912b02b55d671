import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx } from '@nestjs/microservices';
import { MQTTSharedContext, type MQTTSharedServerOptions, SharedPattern } from 'nestjs-mqtt-shared';
import { Scene } from './worker.js';

const WORKER = 'w:workers:0';

@Controller()
class JobsController {
  @SharedPattern('workers', 'failing/+')
  fail(): void {
    throw new Error('not today');
  }

  @SharedPattern('workers', 'once/+')
  failOnce(@Ctx() ctx: MQTTSharedContext): void {
    if (!ctx.redelivered) throw new Error('not yet');
  }
}

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => {
  jest.useRealTimers();
  return scene.close();
});

async function start(server: MQTTSharedServerOptions): Promise<void> {
  await scene.start({ controllers: [JobsController], server: { clientId: 'w', ...server } });
  scene.server.on('recycling', ({ held }) => scene.timeline.add(`recycling ${held}`));
}

describe.each([4, 5] as const)('A window full of held messages (%i)', (protocolVersion) => {
  it('does not keep close() waiting for what only another connection could bring', async () => {
    await start({ protocolVersion, receiveMaximum: 4, drainTimeout: 600_000 });
    const topics = Array.from({ length: 10 }, (_, n) => `failing/${n}`);
    const closed = new Promise<void>((resolve, reject) => {
      scene.server.on('held', () => void scene.app.close().then(resolve, reject));
    });
    await Promise.all(topics.map((topic) => scene.publish(topic)));
    await closed;
    const [left] = scene.broker.clients;
    expect(left).toMatchObject({ clientId: WORKER, connected: false, subscriptions: [] });
  });
});

describe('The renewal of a connection for held messages', () => {
  it('is not made when the connection has been renewed by itself meanwhile', async () => {
    await start({ redeliverAfter: 60_000, reconnect: { initial: 5, max: 5, jitter: 0 } });
    scene.server.on('disconnected', ({ connection }) => scene.timeline.add(`disconnected ${connection}`));
    // Sockets, and what keeps connections alive, go on.
    jest.useFakeTimers({
      doNotFake: [
        'Date',
        'nextTick',
        'queueMicrotask',
        'setImmediate',
        'clearImmediate',
        'setInterval',
        'clearInterval',
      ],
    });
    await scene.publish('once/1');
    await scene.timeline.until('held once/1');
    scene.broker.cut(WORKER);
    await scene.timeline.until(`disconnected ${WORKER}`);
    jest.advanceTimersByTime(5);
    await scene.timeline.until('acknowledged once/1');
    jest.advanceTimersByTime(60_000);
    expect(scene.timeline.entries.filter((entry) => entry.startsWith('recycling'))).toEqual([]);
  });

  // On 5.0 Artemis has dealt with the acknowledgements before it by then, and not when it answers a ping.
  it('ends the connection once the broker has answered what is said of the session, and no sooner', async () => {
    await start({ redeliverAfter: 0 });
    let release = (): void => {};
    const answering = new Promise<void>((resolve) => {
      release = scene.broker.withhold(({ cmd }, clientId) => {
        const isAnswer = cmd === 'puback' && clientId === WORKER;
        if (isAnswer) resolve();
        return isAnswer;
      });
    });
    await scene.publish('once/1');
    await answering;
    await scene.publish('elsewhere/1'); // a DISCONNECT would have been read by now
    expect(scene.broker.clients).toContainEqual(expect.objectContaining({ clientId: WORKER, connected: true }));
    release();
    await scene.timeline.until('acknowledged once/1');
  });
});
