import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { Ctx, EventPattern, RpcException } from '@nestjs/microservices';
import { MQTT_SHARED, MQTTSharedContext, SharedPattern } from 'nestjs-mqtt-shared';
import { AsyncLocalStorage } from 'node:async_hooks';
import { from, mergeMap, type Observable, tap, throwError, timer } from 'rxjs';
import { Scene } from './worker.js';

/** Stands for a span of OpenTelemetry. */
const spans = new AsyncLocalStorage<string>();
let scene: Scene;
const note = (what: string, { topic }: MQTTSharedContext): void => scene.timeline.add(`${what} ${topic}`);
const inSpan = (what: string, ctx: MQTTSharedContext): void => note(`${what} in ${spans.getStore() ?? 'no span'}`, ctx);

class Intercepting implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    inSpan('intercepted', execution.switchToRpc().getContext());
    return next.handle();
  }
}

const retries = { onError: { attempts: 2, backoff: { initial: 1, max: 1 } } };

@Controller()
class HookedController {
  @UseInterceptors(Intercepting)
  @SharedPattern('workers', 'good/+')
  async good(@Ctx() ctx: MQTTSharedContext): Promise<void> {
    await scene.pass();
    inSpan('ran', ctx);
  }

  @SharedPattern('workers', 'stream/+')
  stream(@Ctx() ctx: MQTTSharedContext): Observable<unknown> {
    return from([1, 2]).pipe(
      mergeMap((n) => timer(n)),
      tap(() => inSpan('value', ctx)),
    );
  }

  @SharedPattern('workers', 'quiet/+')
  quiet(): void {}

  @SharedPattern('workers', 'thrown/+')
  thrown(): void {
    throw new RpcException('thrown');
  }

  @SharedPattern('workers', 'late-error/+')
  lateError(): Observable<never> {
    return timer(1).pipe(mergeMap(() => throwError(() => new RpcException('late'))));
  }

  @SharedPattern('workers', 'retried/+', retries)
  retried(@Ctx() ctx: MQTTSharedContext): void {
    if (ctx.attempt === 1) throw new RpcException('once more');
  }

  @EventPattern('plain/+')
  plain(@Ctx() ctx: MQTTSharedContext): void {
    inSpan('ran', ctx);
  }

  @EventPattern('plain/+')
  plainToo(@Ctx() ctx: MQTTSharedContext): void {
    inSpan('ran too', ctx);
  }
}

let failingStart = false;
let failingEnd = false;
const topicOf = (context: unknown): string => (context as MQTTSharedContext).topic;

beforeAll(async () => {
  scene = await Scene.open();
  await scene.create({ controllers: [HookedController] });
  scene.server.setOnProcessingStartHook((transportId, context, done) => {
    scene.timeline.add(`start of ${String(transportId === MQTT_SHARED)} ${topicOf(context)}`);
    if (failingStart) throw new Error('the start hook is broken');
    spans.run(`span of ${topicOf(context)}`, () => void done());
  });
  scene.server.setOnProcessingEndHook((transportId, context) => {
    inSpan(`end of ${String(transportId === MQTT_SHARED)}`, context as MQTTSharedContext);
    if (failingEnd) throw new Error('the end hook is broken');
  });
  await scene.app.listen();
});
afterAll(() => scene.close());
beforeEach(() => {
  failingStart = false;
  failingEnd = false;
});

describe('The processing hooks', () => {
  it('surround a handler and what Nest puts around it, in one asynchronous context, once', async () => {
    await scene.publish('good/1');
    await scene.timeline.until('acknowledged good/1');
    expect(scene.timeline.of('good/1')).toEqual([
      'start of true',
      'intercepted in span of good/1',
      'ran in span of good/1',
      'end of true in span of good/1',
      'acknowledged',
    ]);
  });

  it('surround a stream to its end', async () => {
    await scene.publish('stream/1');
    await scene.timeline.until('acknowledged stream/1');
    expect(scene.timeline.of('stream/1')).toEqual([
      'start of true',
      'value in span of stream/1',
      'value in span of stream/1',
      'end of true in span of stream/1',
      'acknowledged',
    ]);
  });

  it.each(['thrown/1', 'late-error/1'])('run once when the handler fails, too (%s)', async (topic) => {
    await scene.publish(topic);
    await scene.timeline.until(`held ${topic}`);
    expect(scene.timeline.of(topic)).toEqual(['start of true', `end of true in span of ${topic}`, 'failed', 'held']);
  });

  it('surround every attempt by itself', async () => {
    await scene.publish('retried/1');
    await scene.timeline.until('acknowledged retried/1');
    const attempt = ['start of true', 'end of true in span of retried/1'];
    expect(scene.timeline.of('retried/1')).toEqual([...attempt, 'failed', ...attempt, 'acknowledged']);
  });

  it('surround every handler of a pattern by itself', async () => {
    await scene.publish('plain/1');
    await scene.timeline.until('acknowledged plain/1');
    const seen = scene.timeline.of('plain/1');
    expect([...seen].sort()).toEqual(
      [
        'start of true',
        'start of true',
        'ran in span of plain/1',
        'ran too in span of plain/1',
        'end of true in span of plain/1',
        'end of true in span of plain/1',
        'acknowledged',
      ].sort(),
    );
    expect(seen.at(-1)).toBe('acknowledged');
  });

  it('fail the message when the start hook does', async () => {
    failingStart = true;
    await scene.publish('quiet/start');
    await scene.timeline.until('held quiet/start');
    expect(scene.failure('quiet/start')).toMatchObject({ message: 'the start hook is broken' });
  });

  it('do not fail a message that was handled when the end hook does, and the log says so', async () => {
    failingEnd = true;
    await scene.publish('quiet/end');
    await scene.timeline.until('acknowledged quiet/end');
    expect(scene.failure('quiet/end')).toBeUndefined();
    expect(scene.log.lines).toContainEqual('error The processing end hook threw: the end hook is broken');
  });

  it('do not hide why a handler failed when the end hook does, too', async () => {
    failingEnd = true;
    await scene.publish('thrown/both');
    await scene.timeline.until('held thrown/both');
    expect(scene.failure('thrown/both')).toMatchObject({ message: 'thrown' });
  });
});
