/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Catch, type ExceptionFilter, type Type, UseFilters } from '@nestjs/common';
import { BaseRpcExceptionFilter } from '@nestjs/microservices';
import { DeadLetterMessage, RejectMessage, RetryMessage, SharedPattern } from 'nestjs-mqtt-shared';
import { EMPTY, type Observable, of, throwError } from 'rxjs';
import { controllerFor } from '../support/controller-for.js';
import { Scene } from '../support/scene.js';
import { failingWorker, QUICK, reasonCodeOf } from './failing-worker.js';

@Catch()
class BaseFilter extends BaseRpcExceptionFilter {}

@Catch()
class Throws implements ExceptionFilter {
  catch(exception: unknown): never {
    throw exception;
  }
}

@Catch()
class ReturnsThrowError implements ExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}

@Catch()
class ReturnsNothing implements ExceptionFilter {
  catch(): void {}
}

@Catch(TypeError)
class CatchesOthers implements ExceptionFilter {
  catch(): Observable<never> {
    return EMPTY;
  }
}

@Catch()
class SwallowsWithEmpty implements ExceptionFilter {
  catch(): Observable<never> {
    return EMPTY;
  }
}

@Catch()
class SwallowsWithValue implements ExceptionFilter {
  catch(): Observable<string> {
    return of('never mind');
  }
}

describe.each([4, 5] as const)('What a handler throws, protocol version %i', (protocolVersion) => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());

  /** The method, synchronous or not, throws this as long as it is told to. */
  async function workerOf(error: Error, isAsync: boolean, filter?: Type<ExceptionFilter>) {
    const { url } = await scene.embeddedBroker();
    const calls: number[] = [];
    const handler = { fails: true };
    const pattern = SharedPattern('workers', 'jobs/#');
    const decorate: MethodDecorator = (target, key, descriptor) => {
      if (filter !== undefined) UseFilters(filter)(target, key, descriptor);
      return pattern(target, key, descriptor);
    };
    const onError = { attempts: 2, backoff: QUICK, then: 'ack' as const };
    const failing = await failingWorker(
      { scene: () => scene, protocolVersion },
      url,
      { onError, redeliverAfter: 100 },
      controllerFor(decorate, (_id, { attempt }) => {
        calls.push(attempt);
        if (!handler.fails) return undefined;
        if (isAsync) return Promise.reject(error);
        throw error;
      }),
    );
    return { ...failing, calls, handler };
  }

  describe.each([
    ['no filter of ours', undefined],
    ['the base filter', BaseFilter],
    ['a filter that throws it again', Throws],
    ['a filter that returns it as an Observable', ReturnsThrowError],
    ['a filter that returns nothing', ReturnsNothing],
    ['a filter for other exceptions', CatchesOthers],
  ])('comes through %s:', (_what, filter) => {
    it.each([false, true])('RetryMessage (from a promise: %s)', async (isAsync) => {
      const error = new RetryMessage('later', { after: 2 });
      const { worker, wire, client, calls, handler } = await workerOf(error, isAsync, filter);
      await client.publish('jobs/a', 'm1');
      await worker.events.take('held');
      handler.fails = false;
      await wire.acknowledgementOf('m1');
      expect(calls).toEqual([1, 2, 3]);
      expect(worker.events.of('failed').map((failed) => [failed.error, failed.retryIn])).toEqual([
        [error, 2],
        [error, undefined],
      ]);
    });

    it.each([false, true])('DeadLetterMessage (from a promise: %s)', async (isAsync) => {
      const { wire, client, calls, deadLetters } = await workerOf(new DeadLetterMessage('hopeless'), isAsync, filter);
      await client.publish('jobs/a', 'm1');
      await deadLetters.waitForPayload('m1');
      await wire.acknowledgementOf('m1');
      expect(calls).toEqual([1]);
    });

    it.each([false, true])('RejectMessage (from a promise: %s)', async (isAsync) => {
      const error = new RejectMessage('no', { reasonCode: 0x99 });
      const { wire, client, calls, worker } = await workerOf(error, isAsync, filter);
      await client.publish('jobs/a', 'm1');
      const acknowledgement = await wire.acknowledgementOf('m1');
      expect(reasonCodeOf(acknowledgement)).toBe(protocolVersion === 5 ? 0x99 : undefined);
      expect(calls).toEqual([1]);
      expect(worker.events.of('failed').map((failed) => failed.error)).toEqual([error]);
    });
  });

  describe.each([
    ['EMPTY', SwallowsWithEmpty],
    ['a value', SwallowsWithValue],
  ])('counts as handled where a filter returns %s:', (_what, filter) => {
    it.each([
      new RetryMessage('later'),
      new DeadLetterMessage('hopeless'),
      new RejectMessage('no'),
      new Error('broken'),
    ])('%s', async (error) => {
      const { wire, client, calls, worker, deadLetters } = await workerOf(error, true, filter);
      await client.publish('jobs/a', 'm1');
      const acknowledgement = await wire.acknowledgementOf('m1');
      expect(reasonCodeOf(acknowledgement) ?? 0).toBe(0);
      expect(calls).toEqual([1]);
      expect(worker.events.of('handled')).toMatchObject([{ message: { topic: 'jobs/a' } }]);
      expect(worker.events.of('failed')).toEqual([]);
      await deadLetters.ping();
      expect(deadLetters.payloads).toEqual([]);
    });
  });
});
