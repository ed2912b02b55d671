import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Controller, Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  ClientMqtt,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  MqttRecordBuilder,
  Payload,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { concat, firstValueFrom, lastValueFrom, of, Subject, throwError, timer } from 'rxjs';
import { map, retry, take, timeout, toArray } from 'rxjs/operators';
import { ClientMQTTShared } from '../../lib/client/client-mqtt-shared.js';
import type { ClientMQTTSharedOptions } from '../../lib/client/client-options.js';
import type { PublishError } from '../../lib/errors/publish.error.js';
import { EmbeddedBroker } from '../../lib/testing/index.js';
import { startRecordingProxy } from '../support/recording-proxy.js';
import { onEveryBroker, type RunningBroker } from './brokers.js';
import { startCollector, startWorker, type Worker } from './worker.js';

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

const clients: ClientMQTTShared[] = [];

function newClient(options: ClientMQTTSharedOptions): ClientMQTTShared {
  const client = new ClientMQTTShared(options);
  clients.push(client);
  return client;
}

beforeAll(() => void jest.spyOn(Logger.prototype, 'log').mockImplementation(() => {}));

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const received = new Subject<unknown>();

@Controller()
class JobsController {
  @MessagePattern('sum')
  sum(@Payload() values: number[]): number {
    return values.reduce((a, b) => a + b, 0);
  }

  @MessagePattern('count')
  count(@Payload() to: number) {
    return timer(0, 1).pipe(
      take(to),
      map((n) => n + 1),
    );
  }

  @MessagePattern({ cmd: 'echo' })
  echo(@Payload() value: unknown): unknown {
    return value;
  }

  @MessagePattern('fail')
  fail(): never {
    throw new RpcException('no such image');
  }

  @EventPattern('events')
  event(@Payload() value: unknown): void {
    received.next(value);
  }
}

onEveryBroker((start, protocolVersion) => {
  let broker: RunningBroker;
  beforeAll(async () => {
    broker = await start();
  });
  afterAll(async () => {
    await broker.stop();
  });
  const connect = (options: ClientMQTTSharedOptions = {}): ClientMQTTShared =>
    newClient({ url: broker.url, protocolVersion, ...options });

  describe("with Nest's own server", () => {
    let close: () => Promise<void>;
    beforeAll(async () => {
      const module = await Test.createTestingModule({ controllers: [JobsController] }).compile();
      const app = module.createNestMicroservice<MicroserviceOptions>({
        transport: Transport.MQTT,
        options: { url: broker.url, protocolVersion },
      });
      await app.listen();
      close = () => app.close();
      // Its `listen` does not wait for SUBACK: it is there when a request is answered.
      await lastValueFrom(connect().send('sum', [1]).pipe(timeout(200), retry()));
    });
    afterAll(() => close());

    it('send is answered', async () => {
      await expect(lastValueFrom(connect().send('sum', [1, 2, 3]))).resolves.toBe(6);
    });

    it('send on an object pattern is answered', async () => {
      await expect(lastValueFrom(connect().send({ cmd: 'echo' }, { a: 1 }))).resolves.toEqual({ a: 1 });
    });

    it('send emits several values, each as it comes', async () => {
      await expect(lastValueFrom(connect().send('count', 3).pipe(toArray()))).resolves.toEqual([1, 2, 3]);
    });

    it('send errors with what the handler threw', async () => {
      await expect(lastValueFrom(connect().send('fail', 1))).rejects.toEqual({
        status: 'error',
        message: 'no such image',
      });
    });

    it('many requests at once get each its own answer', async () => {
      const client = connect();
      const answers = await Promise.all(numbers(1, 100).map((n) => lastValueFrom(client.send({ cmd: 'echo' }, { n }))));
      expect(answers).toEqual(numbers(1, 100).map((n) => ({ n })));
    });

    it('emit reaches an event handler', async () => {
      const seen = firstValueFrom(received);
      await lastValueFrom(connect().emit('events', { a: 1 }));
      await expect(seen).resolves.toEqual({ a: 1 });
    });
  });

  describe('with a worker of a group whose filter covers everything', () => {
    let worker: Worker | undefined;
    afterEach(async () => {
      await worker?.stop();
      worker = undefined;
    });

    const filter = '$share/workers/#';

    it('bytes come and go unchanged, and replies do not come back as jobs', async () => {
      const bytes = Buffer.from([0, 0xff, 0x7b, 0x80]);
      const text = Buffer.from('42');
      worker = await startWorker({ url: broker.url, protocolVersion, filter, handle: ({ data }) => of(data) });
      const client = connect();
      await lastValueFrom(client.emit('jobs/1', bytes));
      await expect(lastValueFrom(client.send('jobs/1', bytes))).resolves.toEqual(bytes);
      await expect(lastValueFrom(client.send('jobs/1', text))).resolves.toEqual(text);
      expect(worker.handled.map(({ data }) => data)).toEqual([bytes, bytes, text]);
    });

    it('strings, also those that look like JSON, come back as they were', async () => {
      worker = await startWorker({ url: broker.url, protocolVersion, filter, handle: ({ data }) => of(data) });
      const client = connect();
      for (const value of ['hello', '42', 'true', '{"a":1}', '']) {
        await expect(lastValueFrom(client.send('jobs/1', value))).resolves.toBe(value);
      }
    });

    it('values, then an error', async () => {
      const values = concat(
        of(1, 2),
        throwError(() => ({ status: 'error', message: 'broken' })),
      );
      worker = await startWorker({ url: broker.url, protocolVersion, filter, handle: () => values });
      const seen: unknown[] = [];
      const asked = new Promise((resolve, reject) => {
        connect()
          .send('jobs/1', 1)
          .subscribe({ next: (value) => seen.push(value), complete: () => resolve(1), error: reject });
      });
      await expect(asked).rejects.toEqual({ status: 'error', message: 'broken' });
      expect(seen).toEqual([1, 2]);
    });

    it("Nest's own client is answered as by Nest's own server", async () => {
      const values = concat(of(1), timer(5).pipe(map(() => 2)));
      worker = await startWorker({ url: broker.url, protocolVersion, filter, handle: () => values });
      const nest = new ClientMqtt({ url: broker.url, protocolVersion });
      await expect(lastValueFrom(nest.send('jobs/1', { a: 1 }).pipe(toArray()))).resolves.toEqual([1, 2]);
      await lastValueFrom(nest.emit('jobs/1', { b: 2 }));
      await lastValueFrom(connect().send('jobs/1', { c: 3 }));
      expect(worker.handled.map(({ data }) => data)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
      expect(new Set(worker.ignored)).toContain('jobs/1/reply');
      await nest.close();
    });

    it('no value is the end without one', async () => {
      worker = await startWorker({ url: broker.url, protocolVersion, filter, handle: () => of(undefined) });
      await expect(lastValueFrom(connect().send('jobs/1', 1).pipe(toArray()))).resolves.toEqual([]);
    });
  });

  it.each([1, 2] as const)('300 messages of QoS %i at once all arrive', async (qos) => {
    const filter = `burst/${qos}`;
    const subscriber = await startCollector({ url: broker.url, protocolVersion, filter }, numbers(1, 300));
    const client = connect({ qos });
    await Promise.all(numbers(1, 300).map((n) => lastValueFrom(client.emit(filter, n))));
    await expect(subscriber.all).resolves.toEqual(numbers(1, 300));
    await subscriber.stop();
  });

  it('a connection that is cut loses no message that was emitted', async () => {
    const subscriber = await startCollector({ url: broker.url, protocolVersion, filter: 'cut/#' }, numbers(1, 400));
    const proxy = await startRecordingProxy(broker.url);
    const client = newClient({ url: proxy.url, protocolVersion });
    await client.connect();
    const emit = (n: string): Promise<unknown> => lastValueFrom(client.emit('cut/1', n));
    const taken = numbers(1, 200).map(emit);
    await proxy.waitFor(({ packet }) => packet.cmd === 'puback');
    proxy.cut();
    taken.push(...numbers(201, 400).map(emit));
    await Promise.all(taken);
    await expect(subscriber.all).resolves.toEqual(numbers(1, 400));
    expect(new Set(proxy.recorded.map(({ connection }) => connection))).toEqual(new Set([1, 2]));
    await client.close();
    await subscriber.stop();
    await proxy.close();
  });

  const outcomes = { 4: undefined, 5: expect.objectContaining({ code: 'PUBLISH', reasonCode: 0x10 }) };

  it('a message that nobody subscribes to is an error on 5.0, where that is asked for', async () => {
    const client = connect({ requireSubscribers: protocolVersion === 5 });
    const outcome = await lastValueFrom(client.emit('nobody/here', 1)).catch((error: unknown) => error);
    expect(outcome).toEqual(outcomes[protocolVersion]);
  });
});

describe('the limits of a 5.0 broker', () => {
  it('Receive Maximum 10: 300 messages at once are confirmed, with never more than 10 unconfirmed on the wire', async () => {
    const broker = new EmbeddedBroker({ receiveMaximum: 10 });
    await broker.listen();
    const proxy = await startRecordingProxy(broker.url);
    const published = new Set<string>();
    const disconnects: unknown[] = [];
    broker.on('publish', ({ payload }) => published.add(payload.toString()));
    broker.on('disconnect', (event) => disconnects.push(event.reasonCode));
    const client = newClient({ url: proxy.url });
    await Promise.all(numbers(1, 300).map((n) => lastValueFrom(client.emit('jobs/1', n))));
    expect([...published]).toEqual(numbers(1, 300));
    expect(disconnects).toEqual([]);

    let unconfirmed = 0;
    let most = 0;
    for (const { packet } of proxy.recorded) {
      if (packet.cmd === 'publish') most = Math.max(most, ++unconfirmed);
      if (packet.cmd === 'puback') unconfirmed--;
    }
    expect(most).toBe(10);
    await client.close();
    await proxy.close();
    await broker.close();
  });

  it('Maximum QoS, Maximum Packet Size and Retain Available: an error each, and the connection lives on', async () => {
    const broker = new EmbeddedBroker({ maximumQoS: 1, maximumPacketSize: 1_000, retainAvailable: false });
    await broker.listen();
    const disconnects: unknown[] = [];
    broker.on('disconnect', (event) => disconnects.push(event.reasonCode));
    const client = newClient({ url: broker.url });
    const emit = (record: unknown): Promise<unknown> =>
      lastValueFrom(client.emit('jobs/1', record)).catch((error: unknown) => (error as PublishError).reasonCode);
    await expect(emit(new MqttRecordBuilder('x').setQoS(2).build())).resolves.toBe(0x9b);
    await expect(emit('x'.repeat(1_000))).resolves.toBe(0x95);
    await expect(emit(new MqttRecordBuilder('x').setRetain(true).build())).resolves.toBe(0x9a);
    await expect(emit('x'.repeat(900))).resolves.toBeUndefined();
    expect(disconnects).toEqual([]);
    await client.close();
    await broker.close();
  });
});

describe('a broker that cannot be reached', () => {
  it('is an error that names its address and not the password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const client = newClient({ url: `mqtt://user:secret@127.0.0.1:${port}` });
    const error = await lastValueFrom(client.emit('jobs/1', 1)).catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ code: 'BROKER_UNREACHABLE', message: expect.stringContaining(`127.0.0.1:${port}`) });
    expect((error as Error).message).not.toContain('secret');
    await expect(lastValueFrom(client.send('jobs/1', 1))).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
  });

  it('for want of the right password is an error, and once it is right the same client works', async () => {
    let password = 'right';
    const broker = new EmbeddedBroker({ authenticate: (given) => given.password?.toString() === password });
    await broker.listen();
    const client = newClient({ url: broker.url, username: 'u', password: 'wrong' });
    await expect(lastValueFrom(client.emit('jobs/1', 1))).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
    password = 'wrong';
    await expect(lastValueFrom(client.emit('jobs/1', 1))).resolves.toBeUndefined();
    await client.close();
    await broker.close();
  });
});
