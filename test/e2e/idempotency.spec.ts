/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Catch, Controller, type ExceptionFilter, type Type, UseFilters, UseInterceptors } from '@nestjs/common';
import { EventPattern, MqttRecordBuilder, Payload } from '@nestjs/microservices';
import Keyv from 'keyv';
import {
  ClientMQTTShared,
  IdempotencyInterceptor,
  type IdempotencyOptions,
  type MQTTSharedContext,
  type MQTTSharedServerOptions,
  RejectMessage,
  SharedPattern,
  type SharedPatternOptions,
} from 'nestjs-mqtt-shared';
import { EMPTY, lastValueFrom, type Observable, of, toArray } from 'rxjs';
import { ScriptedStore } from '../idempotency/scripted-store.js';
import { ControlledHandler } from '../support/controlled-handler.js';
import { controllerFor } from '../support/controller-for.js';
import { type Ground, onEachBroker } from '../support/on-each-broker.js';
import { RawClient } from '../support/raw-client.js';
import type { Worker } from '../support/scene.js';
import { Watch } from '../support/watch.js';
import { WireRecord } from '../support/wire-record.js';

interface Job {
  readonly id?: string;
  readonly n: number;
}

const QUICK = { initial: 1, jitter: 0 };
const ONE_ATTEMPT = { onError: { attempts: 1 }, redeliverAfter: 50 };

/** The id is in a User Property where there are such things. */
function onceBy({ protocolVersion }: Ground, options: Pick<IdempotencyOptions, 'store'> & Partial<IdempotencyOptions>) {
  const id = protocolVersion === 5 ? {} : { id: (job: unknown) => (job as Job).id };
  return UseInterceptors(new IdempotencyInterceptor({ ...id, ...options }));
}

function both(...decorators: MethodDecorator[]): MethodDecorator {
  return (target, key, descriptor) => {
    for (const decorate of decorators.toReversed()) decorate(target, key, descriptor);
  };
}

/** Publishes jobs that the interceptor can tell apart, or cannot. */
class Jobs {
  private constructor(private readonly client: RawClient) {}

  static async open({ scene, protocolVersion }: Ground, url: string): Promise<Jobs> {
    const client = await RawClient.connect(url, { protocolVersion, clientId: 'publisher' });
    scene().onClose(() => client.disconnect());
    return new Jobs(client);
  }

  /** Each is another message, so that what is the same about two is the id alone. */
  async publish(topic: string, id: string | undefined, n = 0): Promise<string> {
    const payload = JSON.stringify({ id, n } satisfies Job);
    await this.client.publish(topic, payload, { properties: id ? { userProperties: { 'message-id': id } } : {} });
    return payload;
  }
}

async function workerWith(
  ground: Ground,
  decorate: MethodDecorator,
  handle: (job: Job, ctx: MQTTSharedContext) => unknown,
  options: MQTTSharedServerOptions = {},
) {
  const url = await ground.startBroker();
  const proxy = await ground.scene().proxy(url);
  const controller = controllerFor(decorate, (job, ctx) => handle(job as unknown as Job, ctx));
  const { protocolVersion } = ground;
  const worker = await ground
    .scene()
    .worker({ url: proxy.url, protocolVersion, onError: { backoff: QUICK }, ...options }, controller);
  return { url, worker, wire: new WireRecord(proxy), jobs: await Jobs.open(ground, url) };
}

const numbers = (ran: readonly Job[]): number[] => ran.map(({ n }) => n);
const codes = (worker: Worker): unknown[] =>
  worker.events.of('failed').map(({ error }) => (error as { code?: string }).code);

describe('Under the idempotency interceptor a message id', () => {
  onEachBroker((ground) => {
    const pattern = (options?: SharedPatternOptions): MethodDecorator => SharedPattern('workers', 'jobs/#', options);

    it('runs once: a duplicate is acknowledged without a run, and the server says so', async () => {
      const ran: Job[] = [];
      const decorate = both(onceBy(ground, { store: new Keyv() }), pattern());
      const { worker, wire, jobs } = await workerWith(ground, decorate, (job) => void ran.push(job));
      await wire.acknowledgementOf(await jobs.publish('jobs/a', 'one', 1));
      await wire.acknowledgementOf(await jobs.publish('jobs/b', 'one', 2));
      await wire.acknowledgementOf(await jobs.publish('jobs/a', 'two', 3));
      expect(numbers(ran)).toEqual([1, 3]);
      expect(worker.events.of('skipped')).toMatchObject([
        { message: { topic: 'jobs/b' }, handler: 'TestController.work' },
      ]);
      expect(worker.server.stats().groups).toMatchObject([{ handled: 3, failed: 0 }]);
    });

    it('that runs keeps its duplicate waiting, and both are acknowledged with its end', async () => {
      const handler = new ControlledHandler();
      ground.scene().onClose(() => handler.finishAll());
      const store = new ScriptedStore();
      const decorate = both(onceBy(ground, { store, window: 5_000 }), pattern());
      const { worker, wire, jobs } = await workerWith(ground, decorate, ({ n }) => handler.handle(`m${n}`));
      const first = await jobs.publish('jobs/a', 'one', 1);
      const second = await jobs.publish('jobs/a', 'one', 2);
      await worker.events.take('started', 2);
      await wire.everythingWritten(worker);
      expect(wire.acknowledged()).toEqual([]);

      handler.finish('m1');
      await wire.acknowledgementOf(second);
      expect(wire.acknowledged()).toEqual([first, second]);
      expect(handler.started).toEqual(['m1']);
      expect(store.ttls).toEqual([5_000]);
    });

    it('that fails fails its waiting duplicate, is not recorded, and runs again', async () => {
      const handler = new ControlledHandler();
      ground.scene().onClose(() => handler.finishAll());
      const store = new ScriptedStore();
      const decorate = both(onceBy(ground, { store }), pattern({ onError: { attempts: 1, then: 'reject' } }));
      const { worker, wire, jobs } = await workerWith(ground, decorate, ({ n }) => handler.handle(`m${n}`));
      await jobs.publish('jobs/a', 'one', 1);
      await jobs.publish('jobs/a', 'one', 2);
      await handler.whenStarted('m1');
      await worker.events.take('started', 2);
      await setImmediate(); // the second gets from Nest's guards to the interceptor
      handler.fail('m1', new RejectMessage('no', { reasonCode: 0x99 }));
      await worker.events.take('acknowledged', 2);
      expect(worker.events.of('failed').map(({ error }) => (error as Error).message)).toEqual(['no', 'no']);
      expect(store.records.size).toBe(0);

      const third = await jobs.publish('jobs/a', 'one', 3);
      await handler.whenStarted('m3');
      handler.finish('m3');
      await wire.acknowledgementOf(third);
      expect(handler.started).toEqual(['m1', 'm3']);
      expect(store.records.size).toBe(1);
    });

    it('that its handler refuses is refused to its waiting duplicate too, and neither counts as skipped', async () => {
      const handler = new ControlledHandler();
      ground.scene().onClose(() => handler.finishAll());
      const decorate = both(onceBy(ground, { store: new Keyv() }), pattern());
      const { worker, jobs } = await workerWith(ground, decorate, async ({ n }, ctx) => {
        await handler.handle(`m${n}`);
        ctx.reject(0x99);
      });
      await jobs.publish('jobs/a', 'one', 1);
      await jobs.publish('jobs/a', 'one', 2);
      await handler.whenStarted('m1');
      await worker.events.take('started', 2);
      await setImmediate(); // the second gets from Nest's guards to the interceptor
      handler.finish('m1');
      await worker.events.take('acknowledged', 2);
      await setImmediate(); // the methods themselves end after the verdict on their messages
      const refusals = worker.events.of('failed').map(({ error }) => (error as RejectMessage).reasonCode);
      expect(refusals).toEqual([0x99, 0x99]);
      expect(handler.started).toEqual(['m1']);
      expect(worker.events.of('skipped')).toEqual([]);
    });

    it('is recorded before its message is acknowledged', async () => {
      const store = new ScriptedStore();
      store.holdWrites();
      const decorate = both(onceBy(ground, { store }), pattern());
      const { worker, wire, jobs } = await workerWith(ground, decorate, () => 'done');
      const payload = await jobs.publish('jobs/a', 'one');
      await store.whenWriting();
      await wire.everythingWritten(worker);
      expect(wire.acknowledged()).toEqual([]);
      store.release();
      await wire.acknowledgementOf(payload);
    });

    it('does not run while the store cannot be asked, and runs once it can', async () => {
      const ran: Job[] = [];
      const store = new ScriptedStore();
      store.down.add('get');
      const decorate = both(onceBy(ground, { store }), pattern());
      const { worker, wire, jobs } = await workerWith(ground, decorate, (job) => void ran.push(job), ONE_ATTEMPT);
      const payload = await jobs.publish('jobs/a', 'one', 1);
      await worker.events.take('held');
      expect(numbers(ran)).toEqual([]);
      expect(codes(worker)).toContain('IDEMPOTENCY_STORE');
      store.down.clear();
      await wire.acknowledgementOf(payload);
      expect(numbers(ran)).toEqual([1]);
    });

    it('whose record the store does not take is not acknowledged, and does not run here again', async () => {
      const ran: Job[] = [];
      const store = new ScriptedStore();
      store.down.add('set');
      const decorate = both(onceBy(ground, { store }), pattern());
      const { worker, wire, jobs } = await workerWith(ground, decorate, (job) => void ran.push(job), {
        onError: { attempts: 2, backoff: QUICK },
        redeliverAfter: 50,
      });
      const payload = await jobs.publish('jobs/a', 'one', 1);
      await worker.events.take('held');
      expect(wire.acknowledged()).toEqual([]);
      expect(new Set(codes(worker))).toEqual(new Set(['IDEMPOTENCY_STORE']));
      store.down.clear();
      await wire.acknowledgementOf(payload);
      expect(numbers(ran)).toEqual([1]);
      expect(store.records.size).toBe(1);
    });

    it('that a filter has swallowed is not recorded, nor one that the handler refused', async () => {
      const ran: Job[] = [];
      const store = new ScriptedStore();
      const decorate = both(UseFilters(Swallows), onceBy(ground, { store }), pattern());
      const { worker, jobs } = await workerWith(ground, decorate, (job, ctx) => {
        ran.push(job);
        if (job.n < 3) throw new Error('broken');
        ctx.reject(0x99);
      });
      for (const n of [1, 2]) await jobs.publish('jobs/a', 'swallowed', n);
      for (const n of [3, 4]) await jobs.publish('jobs/a', 'refused', n);
      await worker.events.take('acknowledged', 4);
      // The second may come while the first still runs, and then ends with it.
      expect(numbers(ran)).toEqual(expect.arrayContaining([1, 3]));
      expect(store.records.size).toBe(0);
      await jobs.publish('jobs/a', 'swallowed', 1);
      await jobs.publish('jobs/a', 'refused', 5);
      await worker.events.take('acknowledged', 6);
      expect(numbers(ran).filter((n) => n === 1)).toEqual([1, 1]);
      expect(numbers(ran)).toContain(5);
    });

    it('whose time ran out is not recorded, however its handler ends afterwards', async () => {
      const handler = new ControlledHandler();
      ground.scene().onClose(() => handler.finishAll());
      const store = new ScriptedStore();
      const decorate = both(onceBy(ground, { store }), pattern({ timeout: 50, onError: { attempts: 2 } }));
      const { worker, wire, jobs } = await workerWith(ground, decorate, ({ n }, { attempt }) =>
        attempt === 1 ? handler.handle(`m${n}`) : 'done',
      );
      store.holdWrites();
      const payload = await jobs.publish('jobs/a', 'one', 1);
      await store.whenWriting(); // the second attempt's
      handler.finish('m1');
      await wire.everythingWritten(worker);
      expect(wire.acknowledged()).toEqual([]);
      store.release();
      await wire.acknowledgementOf(payload);
      expect(store.ttls).toHaveLength(1);
    });

    it('that ends because its worker is closed is not recorded, and runs when it comes again', async () => {
      const ran: Job[] = [];
      const store = new ScriptedStore();
      const decorate = both(onceBy(ground, { store }), pattern());
      const closes = { drainTimeout: 50 };
      const { url, worker, jobs } = await workerWith(
        ground,
        decorate,
        async (_job, { signal }) => void (await once(signal, 'abort')),
        closes,
      );
      await jobs.publish('jobs/a', 'one', 1);
      await worker.events.take('started');
      await worker.close();
      await setImmediate();
      expect(store.records.size).toBe(0);

      const { protocolVersion } = ground;
      const controller = controllerFor(decorate, (job) => void ran.push(job as unknown as Job));
      const other = await ground.scene().worker({ url, protocolVersion }, controller);
      await jobs.publish('jobs/a', 'one', 2);
      await other.events.take('acknowledged');
      expect(ran).toHaveLength(1);
    });

    it('is one thing for each method and group', async () => {
      const store = new Keyv();
      const ran: string[] = [];
      @Controller()
      @onceBy(ground, { store })
      class TwoMethods {
        @SharedPattern('workers', 'jobs/#')
        first(@Payload() { n }: Job): void {
          ran.push(`first ${n}`);
        }

        @SharedPattern('workers', 'jobs/#')
        @SharedPattern('auditors', 'jobs/#')
        second(@Payload() { n }: Job): void {
          ran.push(`second ${n}`);
        }
      }
      const url = await ground.startBroker();
      const { protocolVersion } = ground;
      const worker = await ground.scene().worker({ url, protocolVersion }, TwoMethods);
      const jobs = await Jobs.open(ground, url);
      await jobs.publish('jobs/a', 'one', 1);
      await worker.events.take('acknowledged', 2);
      await jobs.publish('jobs/a', 'one', 2);
      await worker.events.take('acknowledged', 4);
      expect(ran.toSorted()).toEqual(['first 1', 'second 1', 'second 1']);
    });

    it('runs once among workers with one store, and each worker’s copy of a plain subscription once', async () => {
      const store = new Keyv();
      const ran: string[] = [];
      const controllerOf = (name: string): Type => {
        @Controller()
        @onceBy(ground, { store })
        class Copies {
          @SharedPattern('workers', 'jobs/#')
          shared(): void {
            ran.push('shared');
          }

          @EventPattern('jobs/#')
          plain(@Payload() _job: Job): void {
            ran.push(`plain ${name}`);
          }
        }
        return Copies;
      };
      const url = await ground.startBroker();
      const { protocolVersion } = ground;
      const workers = await Promise.all(
        ['anna', 'bert'].map((name) =>
          ground.scene().worker({ url, protocolVersion, clientId: name }, controllerOf(name)),
        ),
      );
      const acknowledged: string[] = [];
      const watch = new Watch();
      for (const { server } of workers) {
        server.on('acknowledged', ({ message }) => {
          acknowledged.push(message.connection);
          watch.changed();
        });
      }
      const jobs = await Jobs.open(ground, url);
      for (const round of [1, 2, 3, 4]) {
        await jobs.publish('jobs/a', 'one', round);
        await watch.until(
          () => acknowledged.length === 3 * round || undefined,
          () => `Round ${round}. Acknowledged: ${acknowledged.join(', ')}.`,
        );
      }
      expect(ran.toSorted()).toEqual(['plain anna', 'plain bert', 'shared']);
    });

    it('that is missing fails the message without another attempt, or lets it run, as the option says', async () => {
      const ran: Job[] = [];
      @Controller()
      class Careless {
        @onceBy(ground, { store: new Keyv() })
        @SharedPattern('workers', 'strict/#', { onError: { attempts: 3, then: 'reject' } })
        strict(@Payload() job: Job): void {
          ran.push(job);
        }

        @onceBy(ground, { store: new Keyv(), withoutId: 'run' })
        @SharedPattern('workers', 'open/#')
        open(@Payload() job: Job): void {
          ran.push(job);
        }
      }
      const url = await ground.startBroker();
      const { protocolVersion } = ground;
      const worker = await ground.scene().worker({ url, protocolVersion }, Careless);
      const jobs = await Jobs.open(ground, url);
      await jobs.publish('strict/a', undefined, 1);
      await jobs.publish('open/a', undefined, 2);
      await jobs.publish('open/a', undefined, 3);
      await worker.events.take('acknowledged', 3);
      expect(codes(worker)).toEqual(['MISSING_MESSAGE_ID']);
      expect(new Set(numbers(ran))).toEqual(new Set([2, 3]));
      expect(ran).toHaveLength(2);
    });

    it("is refused on a handler with ack: 'manual', whose end says nothing of its success", async () => {
      const decorate = both(
        onceBy(ground, { store: new Keyv() }),
        pattern({ ack: 'manual', onError: { then: 'reject' } }),
      );
      const ran: Job[] = [];
      const { worker, wire, jobs } = await workerWith(ground, decorate, (job) => void ran.push(job));
      await wire.acknowledgementOf(await jobs.publish('jobs/a', 'one', 1));
      expect(codes(worker)).toEqual(['MANUAL_ACKNOWLEDGEMENT']);
      expect(ran).toEqual([]);
    });
  });
});

describe('Under the idempotency interceptor a request', () => {
  onEachBroker((ground) => {
    async function asking(handle: (question: unknown) => unknown, store: Keyv | ScriptedStore = new Keyv()) {
      const asked: unknown[] = [];
      const url = await ground.startBroker();
      const { protocolVersion } = ground;
      const id = protocolVersion === 5 ? {} : { id: (question: Job) => question.id };
      const decorate = both(
        UseInterceptors(new IdempotencyInterceptor({ store, ...id })),
        SharedPattern('workers', 'questions/#'),
      );
      const controller = controllerFor(decorate, (question) => {
        asked.push(question);
        return handle(question);
      });
      await ground.scene().worker({ url, protocolVersion }, controller);
      const client = new ClientMQTTShared({ url, protocolVersion });
      ground.scene().onClose(() => client.close());
      const ask = (id: string): Promise<unknown[]> => {
        const properties = { userProperties: { 'message-id': id } };
        const record = new MqttRecordBuilder({ id, n: asked.length }).setProperties(properties).build();
        const question = protocolVersion === 5 ? record : record.data;
        return lastValueFrom(client.send<unknown>('questions/a', question).pipe(toArray()));
      };
      return { ask, asked };
    }

    it.each<[string, () => unknown, unknown[]]>([
      ['a value', () => ({ price: 7, at: new Date(0) }), [{ price: 7, at: '1970-01-01T00:00:00.000Z' }]],
      ['a promise of a string', () => Promise.resolve('seven'), ['seven']],
      ['bytes', () => Buffer.from([0, 255]), [Buffer.from([0, 255])]],
      ['several values', () => of(1, 'two', null, Buffer.from([3])), [1, 'two', null, Buffer.from([3])]],
      ['nothing', () => undefined, []],
    ])('that was answered with %s is answered so again, without a run', async (_what, answer, expected) => {
      const { ask, asked } = await asking(answer);
      expect(await ask('one')).toEqual(expected);
      expect(await ask('one')).toEqual(expected);
      expect(asked).toHaveLength(1);
    });

    it('that comes while the first runs gets the same answer', async () => {
      const handler = new ControlledHandler();
      ground.scene().onClose(() => handler.finishAll());
      const { ask, asked } = await asking(() => handler.handle('question').then(() => 'answer'));
      const answers = [ask('one'), ask('one')];
      await handler.whenStarted('question');
      handler.finish('question');
      expect(await Promise.all(answers)).toEqual([['answer'], ['answer']]);
      expect(asked).toHaveLength(1);
    });

    it('is told of an internal error when the store fails, and of no more', async () => {
      const store = new ScriptedStore();
      store.down.add('get');
      const { ask, asked } = await asking(() => 'answer', store);
      await expect(ask('one')).rejects.toMatchObject({ message: 'Internal server error' });
      expect(asked).toEqual([]);
    });

    it('whose answer cannot be recorded is answered with an error', async () => {
      const { ask } = await asking(() => ({ big: 1n }));
      await expect(ask('one')).rejects.toMatchObject({ message: expect.stringMatching(/BigInt/) });
    });
  });
});

@Catch()
class Swallows implements ExceptionFilter {
  catch(): Observable<never> {
    return EMPTY;
  }
}
