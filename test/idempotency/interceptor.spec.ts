import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  Injectable,
  type Provider,
  Scope,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Payload, RpcException } from '@nestjs/microservices';
import Keyv from 'keyv';
import {
  IDEMPOTENCY_OPTIONS,
  IdempotencyInterceptor,
  type IdempotencyOptions,
  type IdempotencyStore,
  InvalidOptionError,
  type MessageIdSource,
  type MQTTSharedContext,
  SharedPattern,
} from 'nestjs-mqtt-shared';
import { from, lastValueFrom, Observable, of, Subject } from 'rxjs';
import type { Attempt } from '../../lib/delivery/attempt.js';
import { Attempts } from '../../lib/failure/attempts.js';
import { MissingMessageIdError } from '../../lib/errors/missing-message-id.error.js';
import { idempotencyKey } from '../../lib/idempotency/idempotency-key.js';
import { findMessageId } from '../../lib/idempotency/message-id.js';
import { Once } from '../../lib/idempotency/once.js';
import { decodeRecord, encodeRecord } from '../../lib/idempotency/record.js';
import { Unrecorded } from '../../lib/idempotency/unrecorded.js';
import type { PublishProperties } from '../../lib/session/wire.js';
import { Scene } from '../server/worker.js';
import fc from '../support/fast-check.js';
import { ScriptedStore } from './scripted-store.js';

describe('A message id', () => {
  const contextOf = (properties: PublishProperties | undefined): MQTTSharedContext =>
    ({ current: { delivery: { packet: { properties } } } }) as unknown as MQTTSharedContext;
  const found = (source: MessageIdSource, properties?: PublishProperties, payload?: unknown): string | undefined => {
    const id = findMessageId(source, payload, contextOf(properties));
    return id && Buffer.from(id).toString();
  };
  const PROPERTY = { userProperty: 'message-id' };

  it.each<[string, MessageIdSource, PublishProperties | undefined, unknown, string | undefined]>([
    ['a User Property', PROPERTY, { userProperties: { 'message-id': 'one' } }, {}, 'one'],
    ['no properties, as on 3.1.1', PROPERTY, undefined, {}, undefined],
    ['other User Properties', PROPERTY, { userProperties: { id: 'one' } }, {}, undefined],
    ['an empty User Property', PROPERTY, { userProperties: { 'message-id': '' } }, {}, undefined],
    ['the User Property twice', PROPERTY, { userProperties: { 'message-id': ['one', 'two'] } }, {}, undefined],
    ['Correlation Data', 'correlation-data', { correlationData: Buffer.from('7') }, {}, '\0' + '7'],
    [
      'Correlation Data for somebody',
      'correlation-data',
      { correlationData: Buffer.from('7'), responseTopic: 'answers/1' },
      {},
      'answers/1\0' + '7',
    ],
    ['no Correlation Data', 'correlation-data', {}, {}, undefined],
    ['empty Correlation Data', 'correlation-data', { correlationData: Buffer.alloc(0) }, {}, undefined],
    ['a function and a string', ({ id }: any) => id, {}, { id: 'one' }, 'one'],
    ['a function and a number', ({ id }: any) => id, {}, { id: 0 }, '0'],
    ['a function and bytes', ({ id }: any) => id, {}, { id: Buffer.from('one') }, 'one'],
    ['a function and no id', ({ id }: any) => id, {}, {}, undefined],
    ['a function and what is no id', ({ id }: any) => id, {}, { id: { $gt: '' } }, undefined],
    ['a function and a list', ({ id }: any) => id, {}, { id: ['one'] }, undefined],
    ['a function and NaN', ({ id }: any) => id, {}, { id: NaN }, undefined],
  ])('from %s', (_what, source, properties, payload, expected) => {
    expect(found(source, properties, payload)).toBe(expected);
  });

  it('has a key of its own for each method and group, of one length and harmless characters, whatever it is', () => {
    const scope = fc.record({
      group: fc.option(fc.string(), { nil: undefined }),
      connection: fc.constantFrom('w1', 'w2'),
      handler: fc.string(),
      id: fc.uint8Array({ minLength: 1, maxLength: 200 }),
    });
    const keyOf = ({ group, connection, handler, id }: ReturnType<typeof scope.generate>['value']): string =>
      idempotencyKey({ group, connection } as MQTTSharedContext, handler, id);
    const meaning = ({ group, connection, handler, id }: ReturnType<typeof scope.generate>['value']): string =>
      JSON.stringify([group === undefined ? { connection } : { group }, handler, [...id]]);
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        expect(keyOf(one)).toMatch(/^nestjs-mqtt-shared:once:[0-9a-f]{64}$/);
        expect(keyOf(one) === keyOf(other)).toBe(meaning(one) === meaning(other));
      }),
    );
  });
});

describe('A record', () => {
  it('gives back every answer as a codec would have written it', () => {
    const answer = fc.oneof(
      fc.jsonValue(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(undefined, { bytes: 'AA==' }, { json: 1 }, new Date(0)),
    );
    fc.assert(
      fc.property(fc.array(answer), (answers) => {
        const asWritten = (all: readonly unknown[]): unknown[] =>
          all.map((one) => (Buffer.isBuffer(one) ? one : JSON.stringify(one)));
        expect(asWritten(decodeRecord(encodeRecord(answers)))).toEqual(asWritten(answers));
      }),
    );
  });

  it.each([1n, () => {}, Symbol('s')])('is refused for what JSON cannot hold: %p', (answer) => {
    expect(() => encodeRecord([answer])).toThrow(expect.objectContaining({ code: 'PAYLOAD_ENCODE' }));
  });

  it.each(['', 'true', '{}', '{"answers":7}', { answers: [] }])(
    'is not read from what somebody else wrote: %p',
    (text) => {
      expect(() => decodeRecord(text)).toThrow('something else');
    },
  );
});

describe('The options of the idempotency interceptor', () => {
  const silent: IdempotencyStore & { throwOnErrors: boolean } = {
    throwOnErrors: false,
    get: async () => undefined,
    set: async () => true,
  };

  it.each<[string, IdempotencyOptions, string]>([
    ['no time', { store: new Keyv(), window: 0 }, 'window'],
    ['half a millisecond', { store: new Keyv(), window: 0.5 }, 'window'],
    ['a name there is none of', { store: new Keyv(), windw: 1 } as never, 'windw'],
    ['a store that keeps its errors to itself', { store: silent }, 'store'],
    [
      'a Keyv whose adapter does',
      { store: Object.assign({ store: silent }, silent, { throwOnErrors: true }) },
      'store',
    ],
  ])('are refused: %s', (_what, options, option) => {
    expect(() => new IdempotencyInterceptor(options)).toThrow(InvalidOptionError);
    expect(() => new IdempotencyInterceptor(options)).toThrow(expect.objectContaining({ option }));
  });

  it('take a Keyv in memory, and one that throws', () => {
    expect(new IdempotencyInterceptor({ store: new Keyv({ store: new Map() }) })).toBeDefined();
    const loud = { ...silent, throwOnErrors: true };
    const keyvOverLoud = { ...loud, store: loud };
    expect(new IdempotencyInterceptor({ store: keyvOverLoud })).toBeDefined();
    expect(new IdempotencyInterceptor({ store: { get: silent.get, set: silent.set } })).toBeDefined();
  });
});

describe('The idempotency interceptor', () => {
  it('leaves contexts of other transports alone', async () => {
    const interceptor = new IdempotencyInterceptor({ store: new Keyv() });
    const next: CallHandler = { handle: () => of('answer') };
    const http = new ExecutionContextHost([{}, {}]);
    const rpc = new ExecutionContextHost([{}, {}]);
    rpc.setType('rpc');
    expect(await lastValueFrom(interceptor.intercept(http, next))).toBe('answer');
    expect(await lastValueFrom(interceptor.intercept(rpc, next))).toBe('answer');
  });

  it('ends the attempts where the next would fail alike, also when a filter passes its exception on', () => {
    const error = new MissingMessageIdError('Jobs.run', 'jobs/a', 'nothing');
    const attempts = new Attempts(3, { initial: 1, factor: 1, max: 1, jitter: 0 }, undefined as never);
    expect(attempts.retryAfter(new RpcException(error), 1)).toBeUndefined();
    expect(attempts.retryAfter(new RpcException('later'), 1)).toBe(1);
  });
});

describe('Provided by Nest, the idempotency interceptor', () => {
  let scene: Scene;
  let ran: string[];
  let bothCame: Promise<void>;
  beforeEach(() => {
    ran = [];
  });
  afterEach(() => scene.close());

  const idOf = (job: unknown): string => (job as { id: string }).id;

  function controllerWith(...decorators: ClassDecorator[]): Type {
    @Controller()
    class Jobs {
      @SharedPattern('workers', 'jobs/+')
      async run(@Payload() { id }: { id: string }): Promise<void> {
        ran.push(id);
        await bothCame;
      }
    }
    for (const decorate of decorators) decorate(Jobs);
    return Jobs;
  }

  /** The second comes while the first runs. */
  async function twice(controller: Type, providers: Provider[]): Promise<void> {
    scene = await Scene.open({ controllers: [controller], providers });
    const { server, timeline } = scene;
    server.on('started', ({ message }) => timeline.add(`started ${message.topic}`));
    server.on('skipped', ({ message }) => timeline.add(`skipped ${message.topic}`));
    bothCame = timeline.until('started jobs/1', 'started jobs/2').then(() => setImmediate());
    await scene.publish('jobs/1', { id: 'one' });
    await scene.publish('jobs/2', { id: 'one' });
    await scene.timeline.until('acknowledged jobs/1', 'acknowledged jobs/2');
  }

  const store = (): Keyv => new Keyv();

  it('as a class takes its options from the module', async () => {
    const options = { provide: IDEMPOTENCY_OPTIONS, useValue: { store: store(), id: idOf } };
    await twice(controllerWith(UseInterceptors(IdempotencyInterceptor)), [options]);
    expect(ran).toEqual(['one']);
    expect(scene.timeline.of('jobs/2')).toEqual(['started', 'skipped', 'acknowledged']);
  });

  it('as APP_INTERCEPTOR counts for every handler', async () => {
    const useFactory = (): IdempotencyInterceptor =>
      new IdempotencyInterceptor({ store: store(), id: idOf, withoutId: 'run' });
    await twice(controllerWith(), [{ provide: APP_INTERCEPTOR, useFactory }]);
    expect(ran).toEqual(['one']);
  });

  it('joins what runs also where there is another instance for each message', async () => {
    const shared = store();
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {}
    const options: Provider = {
      provide: IDEMPOTENCY_OPTIONS,
      inject: [Tenant],
      useFactory: () => ({ store: shared, id: idOf }),
    };
    await twice(controllerWith(UseInterceptors(IdempotencyInterceptor)), [Tenant, options]);
    expect(ran).toEqual(['one']);
  });
});

describe('The answer to a request', () => {
  function ask(store: ScriptedStore, handle: () => Observable<unknown>) {
    const attempt = { delivery: { packet: { topic: 'jobs/a' }, message: { replyTarget: {} } } } as unknown as Attempt;
    const task = { key: 'one', handler: 'Jobs.run', attempt, store, window: 1_000, handle };
    const seen: unknown[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      const answers = new Observable((subscriber) => void new Once(task, subscriber).start());
      answers.subscribe({ next: (answer) => seen.push(answer), complete: resolve, error: reject });
    });
    return { seen, ended };
  }

  it('leaves after its record is written', async () => {
    const store = new ScriptedStore();
    store.holdWrites();
    const { seen, ended } = ask(store, () => from(Promise.resolve('answer')));
    await store.whenWriting();
    await setImmediate();
    expect(seen).toEqual([]);
    store.release();
    await ended;
    expect(seen).toEqual(['answer']);
  });

  it('leaves at once where another may follow', async () => {
    const answers = new Subject<string>();
    const { seen, ended } = ask(new ScriptedStore(), () => answers);
    await setImmediate();
    answers.next('first');
    await setImmediate();
    expect(seen).toEqual(['first']);
    answers.next('second');
    answers.next('third');
    expect(seen).toEqual(['first', 'second']);
    answers.complete();
    await ended;
    expect(seen).toEqual(['first', 'second', 'third']);
  });

  it('that came before a failure has left', async () => {
    const answers = new Subject<string>();
    const { seen, ended } = ask(new ScriptedStore(), () => answers);
    await setImmediate();
    answers.next('first');
    answers.error(new Error('broken'));
    await expect(ended).rejects.toThrow('broken');
    expect(seen).toEqual(['first']);
  });
});

describe('What has run and could not be recorded', () => {
  it('is remembered for its window, and no more than a thousand of it', () => {
    jest.useFakeTimers();
    const unrecorded = new Unrecorded();
    for (let n = 0; n <= 1_000; n++) unrecorded.add(`key ${n}`, [n], 500);
    unrecorded.add('key 1000', ['newer'], 9_000);
    expect(unrecorded.get('key 0')).toBeUndefined();
    expect(unrecorded.get('key 1')).toEqual([1]);
    unrecorded.delete('key 1');
    expect(unrecorded.get('key 1')).toBeUndefined();
    jest.advanceTimersByTime(499);
    expect(unrecorded.get('key 1000')).toEqual([1000]);
    jest.advanceTimersByTime(1);
    expect(unrecorded.get('key 1000')).toBeUndefined();
    jest.useRealTimers();
  });
});
