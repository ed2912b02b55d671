import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { type ConsumerDeserializer, Ctx, RpcException } from '@nestjs/microservices';
import { MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { concat, finalize, NEVER, Observable, of, throwError } from 'rxjs';
import { type Deferred, deferred } from './deferred.js';
import { Scene } from './worker.js';

const REPLIES = 'w:replies';

@Controller()
class RequestsController {
  @SharedPattern('workers', 'json/+', { codec: 'json' })
  json(): string {
    return 'an answer';
  }

  @SharedPattern('workers', 'values/+')
  values(): Observable<number> {
    return concat(
      of(1, 2),
      throwError(() => new RpcException('after two values')),
    );
  }

  @SharedPattern('workers', 'endless/+', { timeout: 20 })
  endless(@Ctx() ctx: MQTTSharedContext): Observable<never> {
    return NEVER.pipe(finalize(() => scene.timeline.add(`unsubscribed ${ctx.topic}`)));
  }

  @SharedPattern('workers', 'slow/+')
  async slow(@Ctx() ctx: MQTTSharedContext): Promise<string> {
    scene.timeline.add(`started ${ctx.topic}`);
    await gate.promise;
    setImmediate(() => scene.timeline.add(`answered ${ctx.topic}`));
    return 'too late';
  }
}

let scene: Scene;
let gate: Deferred<void>;
const controllers = [RequestsController];

beforeEach(async () => {
  gate = deferred();
  scene = await Scene.open();
  scene.broker.on('publish', ({ topic, payload }) => scene.timeline.add(`${payload.toString()} on ${topic}`));
});
afterEach(() => scene.close());

async function request(topic: string, payload: string): Promise<void> {
  const properties = { responseTopic: `answers/to/${topic}`, correlationData: Buffer.from('7') };
  await scene.broker.publish(topic, payload, { qos: 1, properties });
}

describe('A request', () => {
  it('that cannot be read is answered with the error, and done with that', async () => {
    await scene.start({ controllers });
    await request('json/1', '{"n":');
    await scene.timeline.until('acknowledged json/1');
    const [answer] = scene.timeline.of('answers/to/json/1');
    expect(answer).toMatch(/"status":"error".*"json\/1.*cannot be decoded.* on$/);
    expect(scene.timeline.of('json/1')).toEqual(['{"n": on', 'failed', 'acknowledged']);
  });

  it('that a deserializer cannot read is answered with an error that tells no detail', async () => {
    const deserializer: ConsumerDeserializer = {
      deserialize: () => Promise.reject(new Error('not for outsiders')),
    };
    await scene.start({ controllers, server: { deserializer } });
    await request('json/1', '1');
    await scene.timeline.until('failed json/1');
    await scene.timeline.until('{"status":"error","message":"Internal server error"} on answers/to/json/1');
    expect(scene.failure('json/1')).toMatchObject({ message: 'not for outsiders' });
  });

  it('whose stream fails gets the values that came before, and then the error', async () => {
    await scene.start({ controllers });
    await request('values/1', '');
    await scene.timeline.until('acknowledged values/1');
    expect(scene.timeline.of('answers/to/values/1')).toEqual([
      '1 on',
      '2 on',
      expect.stringMatching(/after two values.* on/),
    ]);
  });

  it('whose stream runs out of time is unsubscribed from', async () => {
    await scene.start({ controllers });
    await request('endless/1', '');
    await scene.timeline.until('acknowledged endless/1', 'unsubscribed endless/1');
    expect(scene.failure('endless/1')).toMatchObject({ code: 'HANDLER_TIMEOUT' });
  });

  it('whose answer comes after close() opens no connection again', async () => {
    await scene.start({ controllers, server: { clientId: 'w', drainTimeout: 20 } });
    await request('slow/1', '');
    await scene.timeline.until('started slow/1');
    await scene.app.close();
    scene.broker.on('connect', ({ clientId }) => scene.timeline.add(`connected ${clientId}`));
    gate.resolve();
    await scene.timeline.until('answered slow/1');
    await scene.timeline.until('failed slow/1');
    expect(scene.timeline.of(REPLIES)).toEqual([]);
  });
});

describe('close()', () => {
  it('ends by drainTimeout, not twice that, when an answer is never confirmed', async () => {
    await scene.start({ controllers, server: { clientId: 'w', drainTimeout: 400 } });
    scene.broker.withhold(({ cmd }, clientId) => cmd === 'puback' && clientId === REPLIES);
    await request('json/1', '1');
    await scene.timeline.until('"an answer" on answers/to/json/1');
    const begin = performance.now();
    await scene.app.close();
    expect(performance.now() - begin).toBeLessThan(700);
  });
});
