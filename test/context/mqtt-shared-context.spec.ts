import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, MqttContext } from '@nestjs/microservices';
import { MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { deferred } from '../server/deferred.js';
import { Scene } from '../server/worker.js';

let scene: Scene;
const contexts = new Map<string, MQTTSharedContext>();
const keep = (ctx: MQTTSharedContext): void => {
  contexts.set(ctx.topic, ctx);
  scene.timeline.add(`attempt ${ctx.attempt} ${ctx.topic}`);
};

@Controller()
class ContextController {
  @SharedPattern('workers', 'shared/+name', { qos: 2 })
  shared(@Ctx() ctx: MQTTSharedContext): void {
    keep(ctx);
  }

  @EventPattern('plain/+')
  plain(@Ctx() ctx: MQTTSharedContext): void {
    keep(ctx);
  }

  @SharedPattern('workers', 'manual/+', { ack: 'manual' })
  manual(@Ctx() ctx: MQTTSharedContext): void {
    keep(ctx);
  }

  @SharedPattern('workers', 'again/+')
  again(@Ctx() ctx: MQTTSharedContext): void {
    scene.timeline.add(`redelivered ${ctx.redelivered} ${ctx.topic}`);
    if (!ctx.redelivered) throw new Error('not at the first time');
  }

  @SharedPattern('workers', 'early/+')
  async early(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    keep(ctx);
    ctx.ack();
    await scene.timeline.until(`acknowledged ${ctx.topic}`);
    scene.timeline.add(`finished ${ctx.topic}`);
  }

  @SharedPattern('workers', 'slow/+', { timeout: 10, onError: { attempts: 2, backoff: { initial: 1, max: 1 } } })
  async slow(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    keep(ctx);
    if (ctx.attempt === 2) return;
    const aborted = deferred();
    ctx.signal.addEventListener('abort', () => aborted.resolve());
    await aborted.promise;
    scene.timeline.add(`aborted by ${(ctx.signal.reason as { code: string }).code} ${ctx.topic}`);
  }
}

beforeAll(async () => {
  scene = await Scene.open({ controllers: [ContextController], server: { clientId: 'w' } });
});
afterAll(() => scene.close());

async function contextOf(topic: string, payload: unknown = {}, qos: 0 | 1 | 2 = 1): Promise<MQTTSharedContext> {
  await scene.publish(topic, payload, qos);
  await scene.timeline.until(`attempt 1 ${topic}`);
  return contexts.get(topic) as MQTTSharedContext;
}

describe('The context', () => {
  it('tells where the message came from', async () => {
    const ctx = await contextOf('shared/a', { n: 1 }, 2);
    const { topic, group, filter, params, connection, qos, attempt, redelivered } = ctx;
    expect({ topic, connection, group, filter, qos, attempt, redelivered }).toEqual({
      topic: 'shared/a',
      connection: 'w:workers:0',
      group: 'workers',
      filter: 'shared/+',
      qos: 2,
      attempt: 1,
      redelivered: false,
    });
    expect({ ...params }).toEqual({ name: 'a' });
    expect(ctx.signal.aborted).toBe(false);
  });

  it('is an MqttContext, with the packet in the words of mqtt.js', async () => {
    const ctx = await contextOf('shared/b', { n: 1 });
    expect(ctx).toBeInstanceOf(MqttContext);
    expect(ctx.getTopic()).toBe('shared/b');
    expect(ctx.getPacket()).toMatchObject({ cmd: 'publish', topic: 'shared/b', qos: 1, dup: false, retain: false });
    expect(ctx.getPacket()['payload']).toEqual(Buffer.from('{"n":1}'));
    expect(ctx.getPacket()['messageId']).toBeGreaterThan(0);
  });

  it('has the properties of MQTT 5.0', async () => {
    const properties = { contentType: 'application/json', userProperties: { tenant: ['red', 'blue'] } };
    await scene.broker.publish('shared/c', '{}', { qos: 1, properties });
    await scene.timeline.until('attempt 1 shared/c');
    expect(contexts.get('shared/c')?.properties).toMatchObject(properties);
  });

  it('has no group for a plain subscription', async () => {
    const { group, filter, params } = await contextOf('plain/a');
    expect({ group, filter, params: { ...params } }).toEqual({ group: undefined, filter: 'plain/+', params: {} });
  });

  it('says when the broker has sent the message before', async () => {
    await scene.publish('again/a');
    await scene.timeline.until('held again/a');
    scene.broker.cut('w:workers:0');
    await scene.timeline.until('acknowledged again/a');
    expect(scene.timeline.of('again/a')).toEqual([
      'redelivered false',
      'failed',
      'held',
      'redelivered true',
      'acknowledged',
    ]);
  });
});

describe('ctx.ack()', () => {
  it('acknowledges, once, what is acknowledged by hand', async () => {
    const ctx = await contextOf('manual/a');
    await scene.neverAcknowledged('manual/a');
    expect(ctx.ack()).toBe(true);
    expect(ctx.ack()).toBe(false);
    expect(ctx.reject()).toBe(false);
    await scene.timeline.until('acknowledged manual/a');
    await scene.pass();
    expect(scene.timeline.of('manual/a')).toEqual(['attempt 1', 'acknowledged']);
  });

  it('acknowledges before the handler is done where it cannot wait', async () => {
    await scene.publish('early/a');
    await scene.timeline.until('finished early/a');
    await scene.pass();
    expect(scene.timeline.of('early/a')).toEqual(['attempt 1', 'acknowledged', 'finished']);
  });

  it('is false after the method’s end has acknowledged', async () => {
    const ctx = await contextOf('shared/d');
    await scene.timeline.until('acknowledged shared/d');
    expect(ctx.ack()).toBe(false);
  });
});

describe('ctx.reject()', () => {
  it('gives the broker a Reason Code, once', async () => {
    const codes: number[] = [];
    scene.broker.on('acknowledge', ({ topic, reasonCode }) => topic === 'manual/b' && codes.push(reasonCode));
    const ctx = await contextOf('manual/b');
    expect(ctx.reject(0x97)).toBe(true);
    expect(ctx.ack()).toBe(false);
    await scene.timeline.until('rejected manual/b');
    await scene.pass();
    expect(codes).toEqual([0x97]);
  });
});

describe('ctx.signal', () => {
  it('is aborted when the time of the handler is over, and the message is tried again', async () => {
    await scene.publish('slow/a');
    await scene.timeline.until('acknowledged slow/a');
    expect(scene.failure('slow/a')).toMatchObject({ code: 'HANDLER_TIMEOUT' });
    expect(scene.timeline.of('slow/a')).toEqual([
      'attempt 1',
      'failed',
      'aborted by HANDLER_TIMEOUT',
      'attempt 2',
      'acknowledged',
    ]);
  });
});
