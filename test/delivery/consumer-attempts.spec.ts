import { describe, expect, it, jest } from '@jest/globals';
import { HandlerTimeoutError } from '../../lib/errors/handler-timeout.error.js';
import { type FailureEnd, HOLD } from '../../lib/failure/failure-policy.js';
import { RejectMessage, RetryMessage } from '../../lib/failure/verdicts.js';
import { ConsumerScene } from './consumer-scene.js';
import { promisesToSettle, route } from './routes.js';
import { StubHandler } from './stub-handler.js';
import { fakeTimeForEachTest, pass } from './fake-time.js';

fakeTimeForEachTest();

describe('Trying again', () => {
  it('waits longer from attempt to attempt and ends with the last', async () => {
    const handler = new StubHandler();
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler], { attempts: 3 })] });
    scene.receive('a', 1);
    for (const [attempt, wait] of [
      [1, 100],
      [2, 200],
    ] as const) {
      handler.call('a').fail();
      await pass(wait - 1);
      expect(handler.calls.map((call) => call.attempt.number)).toHaveLength(attempt);
      await pass(1);
      expect(handler.call('a').attempt.number).toBe(attempt + 1);
    }
    handler.call('a').fail(new Error('for good'));
    await pass(100_000);
    expect(handler.calls).toHaveLength(3);
    expect(scene.eventsOf('failed')).toMatchObject([
      { attempt: 1, retryIn: 100 },
      { attempt: 2, retryIn: 200 },
      { attempt: 3, retryIn: undefined, error: { message: 'for good' } },
    ]);
    expect(scene.eventsOf('held')).toMatchObject([{ error: { message: 'for good' } }]);
    expect(scene.consumer.snapshot()).toMatchObject({ handled: 0, failed: 1, failedAttempts: 3, held: 1 });
  });

  it('calls only the handlers that have failed', async () => {
    const good = new StubHandler({ name: 'good' });
    const bad = new StubHandler({ name: 'bad' });
    const scene = new ConsumerScene({ routes: [route('jobs/#', [good, bad], { attempts: 3 })] });
    scene.receive('a', 1);
    bad.call('a').fail();
    await pass(1_000);
    expect(bad.calls).toHaveLength(1);
    good.call('a').succeed();
    await pass(100);
    expect([good.calls.length, bad.calls.length]).toEqual([1, 2]);
    bad.call('a').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
    expect(scene.consumer.snapshot()).toMatchObject({ handled: 1, failed: 0, failedAttempts: 1 });
  });

  it('waits for the longest of the waits of handlers that fail together, whichever is the last', async () => {
    const [slow, quick] = [new StubHandler({ name: 'slow' }), new StubHandler({ name: 'quick' })];
    const scene = new ConsumerScene({ routes: [route('jobs/#', [slow, quick], { attempts: 2 })] });
    scene.receive('a', 1);
    slow.call('a').fail(new RetryMessage('later', { after: 500 }));
    quick.call('a').fail(new RetryMessage('soon', { after: 10 }));
    await pass(499);
    expect([slow.ids, quick.ids]).toEqual([['a'], ['a']]);
    await pass(1);
    expect([slow.ids, quick.ids]).toEqual([
      ['a', 'a'],
      ['a', 'a'],
    ]);
    expect(scene.eventsOf('failed').map(({ retryIn }) => retryIn)).toEqual([500, 500]);
  });

  it('ends with the error and the handler for which there is no further attempt', async () => {
    const ended: unknown[] = [];
    const end: FailureEnd = {
      settle: ({ handler, error }) => {
        ended.push([handler, error]);
        return HOLD;
      },
    };
    const [final, failing] = [new StubHandler({ name: 'final' }), new StubHandler({ name: 'failing' })];
    const scene = new ConsumerScene({ routes: [route('jobs/#', [final, failing], { attempts: 2, end })] });
    scene.receive('a', 1);
    const reason = new RejectMessage('no');
    final.call('a').fail(reason);
    failing.call('a').fail();
    await promisesToSettle();
    expect(ended).toEqual([['final', reason]]);
  });

  it('gives the place to other messages meanwhile', async () => {
    const handler = new StubHandler();
    const scene = new ConsumerScene({ concurrency: 1, routes: [route('jobs/#', [handler], { attempts: 2 })] });
    scene.receive('a', 1);
    scene.receive('b', 2);
    handler.call('a').fail();
    await promisesToSettle();
    expect(handler.ids).toEqual(['a', 'b']);
    expect(scene.consumer.snapshot()).toMatchObject({ running: 1, waiting: 1 });
    await pass(100);
    expect(handler.ids).toEqual(['a', 'b']);
    handler.call('b').succeed();
    await promisesToSettle();
    expect(handler.ids).toEqual(['a', 'b', 'a']);
  });

  it('keeps the order of a key meanwhile, and lets other keys by', async () => {
    const handler = new StubHandler();
    const orderBy = ({ packet }: { packet: { topic: string } }): string => packet.topic;
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler], { attempts: 2, orderBy })] });
    scene.receive('a', 1, { topic: 'jobs/1' });
    scene.receive('b', 2, { topic: 'jobs/1' });
    scene.receive('c', 3, { topic: 'jobs/2' });
    expect(handler.ids).toEqual(['a', 'c']);
    handler.call('a').fail();
    await promisesToSettle();
    expect(handler.ids).toEqual(['a', 'c']);
    await pass(100);
    handler.call('a').succeed();
    handler.call('c').succeed();
    await promisesToSettle();
    expect(handler.ids).toEqual(['a', 'c', 'a', 'b']);
    handler.call('b').succeed();
    await promisesToSettle();
    expect(scene.lanes.size).toBe(0);
  });

  it('goes on over a reconnect, and the resend joins it', async () => {
    const handler = new StubHandler();
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler], { attempts: 2 })] });
    scene.receive('a', 1);
    handler.call('a').fail();
    await promisesToSettle();
    scene.reconnect();
    scene.receive('a', 1, { dup: true });
    await pass(100);
    expect(handler.ids).toEqual(['a', 'a']);
    handler.call('a').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
  });
});

describe('A handler with a timeout', () => {
  it('has failed when it is over, and its AbortSignal says why', async () => {
    const handler = new StubHandler({ timeout: 500 });
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler], { attempts: 2 })] });
    scene.receive('a', 1);
    const first = handler.call('a');
    const { signal } = first.attempt;
    await pass(499);
    expect(signal.aborted).toBe(false);
    await pass(1);
    expect(signal.reason).toBeInstanceOf(HandlerTimeoutError);
    expect(scene.eventsOf('failed')).toMatchObject([{ error: expect.any(HandlerTimeoutError), retryIn: 100 }]);
    await pass(100);
    expect(handler.calls).toHaveLength(2);
    first.succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual([]);
    handler.call('a').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('finds its signal aborted when it asks for it late', async () => {
    const handler = new StubHandler({ timeout: 500 });
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler])] });
    scene.receive('a', 1);
    await pass(500);
    expect(handler.call('a').attempt.signal.reason).toBeInstanceOf(HandlerTimeoutError);
    handler.call('a').fail(new Error('nobody waits for this'));
    await promisesToSettle();
    expect(scene.eventsOf('failed')).toHaveLength(1);
  });

  it('leaves no timer behind when it is done in time', async () => {
    const handler = new StubHandler({ timeout: 500 });
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler])] });
    scene.receive('a', 1);
    handler.call('a').succeed();
    await promisesToSettle();
    expect(jest.getTimerCount()).toBe(0);
    expect(handler.call('a').attempt.signal.aborted).toBe(false);
  });
});
