import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, type ConsumerDeserializer, type IncomingEvent } from '@nestjs/microservices';
import { MQTTSharedContext, type OrderByMessage, SharedPattern } from 'nestjs-mqtt-shared';
import { unhandledRejectionsIn } from '../support/unhandled-rejections.js';
import { deferred } from './deferred.js';
import { Scene } from './worker.js';

const read = (value: unknown, topic = ''): IncomingEvent => {
  if (value === 'bad') throw new Error('this cannot be read');
  return { pattern: topic, data: value };
};
const synchronous: ConsumerDeserializer = { deserialize: (value, options) => read(value, options?.['channel']) };
const asynchronous: ConsumerDeserializer = { deserialize: async (value, options) => read(value, options?.['channel']) };

const first = deferred<void>();
const keyOf = (message: OrderByMessage): string => {
  try {
    return String((message.data as { key?: string }).key);
  } catch {
    return `none of ${message.topic}`;
  }
};

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+', { orderBy: keyOf, concurrency: 1 })
  async work(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    scene.timeline.add(`ran ${ctx.topic}`);
    if (ctx.topic === 'jobs/first') await first.promise;
  }

  @SharedPattern('workers', 'keys/+', { orderBy: keyOf })
  async ordered(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    scene.timeline.add(`begun ${ctx.topic}`);
    await scene.pass();
    scene.timeline.add(`ended ${ctx.topic}`);
  }
}

let scene: Scene;
afterEach(() => scene.close());

describe('A function of orderBy that asks for the data', () => {
  it('of a message that an asynchronous deserializer cannot read, and that has to wait, does not end the process', async () => {
    scene = await Scene.open({ controllers: [JobsController], server: { deserializer: asynchronous } });
    await scene.publish('jobs/first', { key: 'a' });
    await scene.timeline.until('ran jobs/first');
    const unhandled = await unhandledRejectionsIn(async () => {
      await scene.publish('jobs/bad', Buffer.from('bad'));
      await scene.pass();
    });
    first.resolve();
    await scene.timeline.until('held jobs/bad', 'acknowledged jobs/first');
    expect(unhandled).toEqual([]);
    expect(scene.failure('jobs/bad')).toMatchObject({ message: 'this cannot be read' });
  });

  it('gets it from a deserializer that is synchronous', async () => {
    scene = await Scene.open({ controllers: [JobsController], server: { deserializer: synchronous } });
    await scene.publish('keys/1', { key: 'same' });
    await scene.publish('keys/2', { key: 'same' });
    await scene.publish('keys/3', { key: 'other' });
    await scene.timeline.until(...[1, 2, 3].map((n) => `acknowledged keys/${n}`));
    const { entries } = scene.timeline;
    expect(entries.indexOf('begun keys/2')).toBeGreaterThan(entries.indexOf('ended keys/1'));
    expect(entries.indexOf('begun keys/3')).toBeLessThan(entries.indexOf('ended keys/1'));
  });
});
