import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, EventPattern } from '@nestjs/microservices';
import { MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { BEHAVIOURS } from 'nestjs-mqtt-shared/testing';
import { type Deferred, deferred } from './deferred.js';
import { Scene } from './worker.js';

let scene: Scene;
let gate: Deferred<void>;
afterEach(() => scene.close());

async function work({ topic }: MQTTSharedContext): Promise<void> {
  scene.timeline.add(`started ${topic}`);
  if (topic.endsWith('slow')) await gate.promise;
  if (topic.endsWith('failing')) throw new Error('not yet');
}

@Controller()
class NewsController {
  @EventPattern('news/+')
  read(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    return work(ctx);
  }
}

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+account/+', { orderBy: ({ params }) => params['account'] ?? '' })
  work(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    return work(ctx);
  }
}

/** Resolves when `close()` has begun. */
function draining(): Promise<void> {
  return new Promise((resolve) => scene.server.on('draining', () => resolve()));
}

async function open(broker: 'artemis' | 'hivemq' | 'mosquitto'): Promise<void> {
  gate = deferred();
  scene = await Scene.open(undefined, { behaviour: BEHAVIOURS[broker] });
}

describe.each(['artemis', 'hivemq'] as const)(
  'close() where the broker hands on what is left, as %s does',
  (broker) => {
    it.each([true, false])('finishes what a plain subscription was given, adoption %s', async (adoption) => {
      await open(broker);
      await scene.start({ controllers: [NewsController], server: { broker, adoption, concurrency: 1, clientId: 'w' } });
      await scene.publish('news/slow');
      await scene.publish('news/next');
      await scene.timeline.until('started news/slow');
      const leaving = draining();
      const closed = scene.app.close();
      await leaving;
      gate.resolve();
      await closed;
      expect(scene.timeline.of('news/next')).toEqual(['started', 'acknowledged']);
    });
  },
);

describe('close() acknowledges what is done', () => {
  it('behind a message that has not begun and is left to others', async () => {
    await open('artemis');
    await scene.start({ controllers: [JobsController], server: { broker: 'artemis', ackOrder: 'arrival' } });
    for (const topic of ['jobs/a/slow', 'jobs/a/next', 'jobs/b/done']) await scene.publish(topic);
    await scene.timeline.until('started jobs/a/slow', 'started jobs/b/done');
    const leaving = draining();
    const closed = scene.app.close();
    await leaving;
    gate.resolve();
    await closed;
    expect(scene.timeline.of('jobs/a/next')).toEqual([]);
    expect(scene.timeline.of('jobs/a/slow')).toEqual(['started', 'acknowledged']);
    expect(scene.timeline.of('jobs/b/done')).toEqual(['started', 'acknowledged']);
  });

  it('behind a handler that does not end by drainTimeout', async () => {
    await open('mosquitto');
    const server = { ackOrder: 'arrival', drainTimeout: 50 } as const;
    await scene.start({ controllers: [JobsController], server });
    let left: number | undefined;
    scene.server.on('drained', (drained) => (left = drained.left));
    for (const topic of ['jobs/a/slow', 'jobs/b/done']) await scene.publish(topic);
    await scene.timeline.until('started jobs/a/slow', 'started jobs/b/done');
    await scene.app.close();
    expect(scene.timeline.of('jobs/a/slow')).toEqual(['started']);
    expect(scene.timeline.of('jobs/b/done')).toEqual(['started', 'acknowledged']);
    expect(left).toBe(1);
  });
});

it('A renewal acknowledges what is done behind a handler that does not end, so that it does not run again', async () => {
  await open('artemis');
  const server = { broker: 'artemis', ackOrder: 'arrival', redeliverAfter: 1, drainTimeout: 50 } as const;
  await scene.start({ controllers: [JobsController], server });
  for (const topic of ['jobs/a/slow', 'jobs/b/done', 'jobs/c/failing']) await scene.publish(topic);
  await scene.timeline.untilTimes(2, 'started jobs/c/failing');
  await scene.app.close();
  expect(scene.timeline.of('jobs/b/done')).toEqual(['started', 'acknowledged']);
});
