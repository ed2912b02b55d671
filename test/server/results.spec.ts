import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { concat, EMPTY, from, type Observable, of, Subject, throwError } from 'rxjs';
import { Scene } from './worker.js';

let scene: Scene;
const streams = new Map<string, Subject<number>>();
const note = (what: string, ctx: MQTTSharedContext): void => scene.timeline.add(`${what} ${ctx.topic}`);

@Controller()
class ResultsController {
  @SharedPattern('workers', 'value/+')
  value(): number {
    return 1;
  }

  @SharedPattern('workers', 'promise/+')
  async promise(@Ctx() ctx: MQTTSharedContext): Promise<object> {
    await scene.neverAcknowledged(ctx.topic);
    note('done', ctx);
    return { a: 'value' };
  }

  @SharedPattern('workers', 'rejected/+')
  async rejected(): Promise<void> {
    await scene.pass();
    throw new RpcException('rejected late');
  }

  @SharedPattern('workers', 'empty/+')
  empty(): Observable<never> {
    return EMPTY;
  }

  @SharedPattern('workers', 'several/+')
  several(): Observable<number> {
    return from([1, 2, 3]);
  }

  @SharedPattern('workers', 'error-after-values/+')
  errorAfterValues(): Observable<number> {
    return concat(
      of(1, 2),
      throwError(() => new RpcException('after two values')),
    );
  }

  @SharedPattern('workers', 'stream/+')
  stream(@Ctx() ctx: MQTTSharedContext): Observable<number> {
    const stream = new Subject<number>();
    streams.set(ctx.topic, stream);
    note('streaming', ctx);
    return stream;
  }

  @SharedPattern('workers', 'promised-stream/+')
  promisedStream(@Ctx() ctx: MQTTSharedContext): Promise<Observable<number>> {
    return Promise.resolve(this.stream(ctx));
  }
}

/** Fails for the first `failures` calls with a topic. */
class Flaky {
  private readonly calls = new Map<string, number>();

  call(name: string, failures: number, ctx: MQTTSharedContext): void {
    const calls = (this.calls.get(ctx.topic) ?? 0) + 1;
    this.calls.set(ctx.topic, calls);
    note(`${name} attempt ${ctx.attempt}`, ctx);
    if (calls <= failures) throw new RpcException(`${name} failed`);
  }
}

const retries = { onError: { attempts: 2, backoff: { initial: 1, max: 1, jitter: 0 } } };

@Controller()
class FirstController {
  private readonly flaky = new Flaky();

  @SharedPattern('workers', 'both/+', retries)
  handle(@Ctx() ctx: MQTTSharedContext): void {
    this.flaky.call('first', 0, ctx);
  }

  @EventPattern('plain-both/+')
  event(@Ctx() ctx: MQTTSharedContext): void {
    note('first', ctx);
  }

  @MessagePattern('plain-both/+')
  message(@Ctx() ctx: MQTTSharedContext): void {
    note('second', ctx);
  }
}

@Controller()
class SecondController {
  private readonly flaky = new Flaky();

  @SharedPattern('workers', 'both/+', retries)
  async handle(@Payload('failures') failures: number, @Ctx() ctx: MQTTSharedContext): Promise<void> {
    await scene.neverAcknowledged(ctx.topic);
    this.flaky.call('second', failures, ctx);
  }

  @EventPattern('plain-both/+')
  async event(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    await scene.neverAcknowledged(ctx.topic);
    note('third', ctx);
  }
}

beforeAll(async () => {
  scene = await Scene.open({
    controllers: [ResultsController, FirstController, SecondController],
  });
});
afterAll(() => scene.close());

describe('A handler has handled its message', () => {
  it('when it has returned a value', async () => {
    await scene.publish('value/1');
    await scene.timeline.until('acknowledged value/1');
    expect(scene.failure('value/1')).toBeUndefined();
  });

  it('when its promise has resolved, and not before', async () => {
    await scene.publish('promise/1');
    await scene.timeline.until('acknowledged promise/1');
    expect(scene.timeline.of('promise/1')).toEqual(['done', 'acknowledged']);
  });

  it('when its stream was empty', async () => {
    await scene.publish('empty/1');
    await scene.timeline.until('acknowledged empty/1');
    expect(scene.failure('empty/1')).toBeUndefined();
  });

  it('when its stream of several values is over', async () => {
    await scene.publish('several/1');
    await scene.timeline.until('acknowledged several/1');
    expect(scene.failure('several/1')).toBeUndefined();
  });

  it.each(['stream/1', 'promised-stream/1'])(
    'when its stream has completed, and not with a value (%s)',
    async (topic) => {
      await scene.publish(topic);
      await scene.timeline.until(`streaming ${topic}`);
      const stream = streams.get(topic);
      await scene.neverAcknowledged(topic);
      stream?.next(1);
      await scene.neverAcknowledged(topic);
      scene.timeline.add(`completing ${topic}`);
      stream?.complete();
      await scene.timeline.until(`acknowledged ${topic}`);
      expect(scene.timeline.of(topic)).toEqual(['streaming', 'completing', 'acknowledged']);
    },
  );
});

describe('A handler has failed', () => {
  const expectFailure = async (topic: string, message: string): Promise<void> => {
    await scene.timeline.until(`held ${topic}`);
    expect(scene.failure(topic)).toMatchObject({ message });
    await scene.neverAcknowledged(topic);
  };

  it('when its promise is rejected', async () => {
    await scene.publish('rejected/1');
    await expectFailure('rejected/1', 'rejected late');
  });

  it('when its stream ends with an error after values', async () => {
    await scene.publish('error-after-values/1');
    await expectFailure('error-after-values/1', 'after two values');
  });

  it('when its stream ends with an error long after it was returned', async () => {
    await scene.publish('stream/late');
    await scene.timeline.until('streaming stream/late');
    streams.get('stream/late')?.next(1);
    await scene.neverAcknowledged('stream/late');
    streams.get('stream/late')?.error(new RpcException('long after'));
    await expectFailure('stream/late', 'long after');
  });
});

describe('Handlers of one pattern in several controllers', () => {
  it('all run, and the message is acknowledged after the last', async () => {
    await scene.publish('both/good', { failures: 0 });
    await scene.timeline.until('acknowledged both/good');
    expect(scene.timeline.of('both/good')).toEqual(['first attempt 1', 'second attempt 1', 'acknowledged']);
  });

  it('are tried again alone: one that has succeeded is not called a second time', async () => {
    await scene.publish('both/flaky', { failures: 1 });
    await scene.timeline.until('acknowledged both/flaky');
    expect(scene.timeline.of('both/flaky')).toEqual([
      'first attempt 1',
      'second attempt 1',
      'failed',
      'second attempt 2',
      'acknowledged',
    ]);
  });

  it('fail the message when one of them has no attempt left', async () => {
    await scene.publish('both/bad', { failures: 2 });
    await scene.timeline.until('held both/bad');
    expect(scene.failure('both/bad')).toMatchObject({ message: 'second failed' });
    await scene.neverAcknowledged('both/bad');
    expect(scene.timeline.of('both/bad')).toEqual([
      'first attempt 1',
      'second attempt 1',
      'failed',
      'second attempt 2',
      'failed',
      'held',
    ]);
  });

  it('all run for a plain pattern, whichever decorator they have', async () => {
    await scene.publish('plain-both/1');
    await scene.timeline.until('acknowledged plain-both/1');
    expect(scene.timeline.of('plain-both/1')).toEqual(['first', 'second', 'third', 'acknowledged']);
  });
});
