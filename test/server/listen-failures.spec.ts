/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { MQTTSharedError, type MQTTSharedServerOptions, ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { EmbeddedBroker, type EmbeddedBrokerOptions } from 'nestjs-mqtt-shared/testing';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { leftOpenBy } from './open-handles.js';
import { RecordedLog } from './recorded-log.js';

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+', { qos: 2 })
  work(): void {}

  @SharedPattern('auditors', 'jobs/+')
  audit(): void {}

  @EventPattern('news')
  news(@Payload() _data: unknown): void {}
}

const log = RecordedLog.install();
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function startBroker(options?: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = new EmbeddedBroker(options);
  await broker.listen();
  endings.push(() => broker.close());
  return broker;
}

/** Something that is no MQTT broker. */
async function startServer(connected: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    connected(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

async function create(options: MQTTSharedServerOptions): Promise<INestMicroservice> {
  const module = await Test.createTestingModule({ controllers: [JobsController] })
    .setLogger(log)
    .compile();
  const app = module.createNestMicroservice({ strategy: new ServerMQTTShared(options) });
  endings.unshift(() => app.close());
  return app;
}

async function listenError(options: MQTTSharedServerOptions): Promise<MQTTSharedError> {
  const app = await create(options);
  const error: unknown = await app.listen().then(
    () => new Error('It listens.'),
    (reason: unknown) => reason,
  );
  if (error instanceof MQTTSharedError) return error;
  throw error;
}

const v4 = { protocolVersion: 4 } as const;
const v5 = { protocolVersion: 5 } as const;

describe('listen() fails', () => {
  it.each([
    ['5.0', v5, 0x87, /0x87 \(Not authorized\).*Allow this user to subscribe to "\$share\/auditors\/jobs\/\+"/],
    ['5.0', v5, 0x97, /0x97 \(Quota exceeded\).*no more subscriptions/],
    ['5.0', v5, 0x9e, /0x9e \(Shared Subscriptions not supported\)/],
    ['3.1.1', v4, 0x80, /0x80 \(Unspecified error\).*access rules/],
  ])('when a filter is refused, and names it (%s)', async (_version, version, reasonCode, advice) => {
    const broker = await startBroker();
    broker.refuse('$share/auditors/jobs/+', reasonCode);
    const error = await listenError({ url: broker.url, ...version });
    expect(error).toMatchObject({ code: 'SUBSCRIPTION_REFUSED', filter: '$share/auditors/jobs/+', reasonCode });
    expect(error.message).toContain(`The broker at ${broker.url} refused`);
    expect(error.message).toContain('JobsController.audit');
    expect(error.message).toMatch(advice);
  });

  it('when a plain filter is refused', async () => {
    const broker = await startBroker();
    broker.refuse('news', 0x87);
    const error = await listenError({ url: broker.url });
    expect(error).toMatchObject({ code: 'SUBSCRIPTION_REFUSED', filter: 'news' });
    expect(error.message).toContain("of the handler of pattern 'news'");
  });

  it.each([v4, v5])('when less than the QoS asked for is granted ($protocolVersion)', async (version) => {
    const broker = await startBroker();
    broker.grant('$share/workers/jobs/+', 1);
    const error = await listenError({ url: broker.url, ...version });
    expect(error.code).toBe('QOS_DOWNGRADED');
    expect(error.message).toMatch(/granted QoS 1 for "\$share\/workers\/jobs\/\+" of JobsController\.work.*QoS 2/);
    expect(error.message).toMatch(/`qos: 1`.*`allowDowngrade: true`/);
  });

  it('when the broker says that it has no shared subscriptions, before asking for one', async () => {
    const broker = await startBroker({ sharedSubscriptions: false });
    const asked: string[] = [];
    broker.on('subscribe', ({ filter }) => asked.push(filter));
    const error = await listenError({ url: broker.url });
    expect(error.code).toBe('SHARED_SUBSCRIPTIONS_UNAVAILABLE');
    expect(error.message).toMatch(new RegExp(`${broker.url} .* group "(workers|auditors)"`));
    expect(asked.filter((filter) => filter.startsWith('$share'))).toEqual([]);
  });

  it('on 3.1.1, where a broker can only refuse, when there are no shared subscriptions', async () => {
    const broker = await startBroker({ sharedSubscriptions: false });
    const error = await listenError({ url: broker.url, ...v4 });
    expect(error).toMatchObject({ code: 'SUBSCRIPTION_REFUSED', reasonCode: 0x80 });
    expect(error.message).toContain('whether it has shared subscriptions');
  });

  it.each([
    ['5.0', v5, /0x86 \(Bad User Name or Password\)/],
    ['3.1.1', v4, /0x04 \(bad user name or password\)/],
  ])('when the password is wrong, which no message repeats (%s)', async (_version, version, reason) => {
    const broker = await startBroker({ authenticate: ({ password }) => password?.toString() === 'right' });
    const { port } = broker;
    const inUrl = { url: `mqtt://me:s3cret@127.0.0.1:${port}`, ...version };
    const asOption = { url: broker.url, username: 'me', password: 's3cret', ...version };
    for (const options of [inUrl, asOption]) {
      const error = await listenError(options);
      expect(error.code).toBe('CONNECTION_REFUSED');
      expect(error.message).toMatch(reason);
      expect(error.message).toMatch(/Check `username` and `password`/);
      expect(error.message).toContain(`mqtt://127.0.0.1:${port}`);
      expect(`${error.stack} ${JSON.stringify(error)} ${log.lines.join()}`).not.toContain('s3cret');
    }
    await expect((await create({ ...asOption, password: 'right' })).listen()).resolves.toBeUndefined();
  });

  it('when nothing listens there', async () => {
    const address = await deadAddress();
    const error = await listenError({ url: `mqtt://${address}` });
    expect(error).toMatchObject({ code: 'BROKER_UNREACHABLE', address: `mqtt://${address}` });
    expect(error.message).toMatch(/ECONNREFUSED.*Is the broker running, and is the port right\?/);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => {}],
    ['closes the connection', (socket) => socket.end()],
    ['speaks HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('when what listens there is no broker and %s', async (_what, connected) => {
    const address = await startServer(connected);
    const error = await listenError({ url: `mqtt://${address}`, connectTimeout: 100 });
    expect(error).toMatchObject({ code: 'BROKER_UNREACHABLE', address: `mqtt://${address}` });
    expect(error.message).toMatch(/`url`.*`connectTimeout`/);
  });

  it('when the broker does not answer SUBSCRIBE in time', async () => {
    const broker = await startBroker();
    broker.withhold(({ cmd }, clientId) => cmd === 'suback' && clientId.includes('workers'));
    const error = await listenError({ url: broker.url, clientId: 'w', connectTimeout: 100 });
    expect(error.code).toBe('NO_ANSWER');
    expect(error.message).toMatch(new RegExp(`${broker.url} .*SUBSCRIBE of client "w:workers:0" within 100 ms`));
  });

  it('when the connection ends before SUBACK', async () => {
    const broker = await startBroker();
    broker.withhold(({ cmd }, clientId) => {
      if (cmd === 'suback' && clientId === 'w:workers:0') setImmediate(() => broker.cut(clientId));
      return cmd === 'suback' && clientId === 'w:workers:0';
    });
    const error = await listenError({ url: broker.url, clientId: 'w' });
    expect(error.code).toBe('SUBSCRIBE_ENDED_CONNECTION');
    expect(error.message).toContain('"w:workers:0"');
    expect(error.message).toContain('"$share/workers/jobs/+" of JobsController.work');
    expect(error.cause).toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

describe('listen() refuses', () => {
  it('connections for a group there is none of, before it asks the broker for anything', async () => {
    const broker = await startBroker();
    const connected: string[] = [];
    broker.on('connect', ({ clientId }) => connected.push(clientId));
    const error = await listenError({ url: broker.url, connections: { workers: 2, worker: 4 } });
    expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'connections' });
    expect(error.message).toMatch(/no method is in a group "worker"; there is "workers", "auditors"\. Name groups as/);
    expect(connected).toEqual([]);
  });

  it('what a plain pattern sets wrongly, and names the pattern', () => {
    const server = new ServerMQTTShared();
    const add = (): void => server.addHandler('news', jest.fn() as never, true, { qos: '1' });
    expect(add).toThrow(/^the handler of pattern 'news': The option `qos`.*'1' is none of 0, 1, 2/);
  });
});

describe('listen() that fails', () => {
  it.each([v4, v5])('leaves no connection, no timer and no session ($protocolVersion)', async (version) => {
    const broker = await startBroker();
    broker.refuse('$share/auditors/jobs/+', 0x80);
    const connected: string[] = [];
    broker.on('connect', ({ clientId }) => connected.push(clientId));
    const app = await create({ url: broker.url, ...version });
    const left = await leftOpenBy(() => expect(app.listen()).rejects.toMatchObject({ code: 'SUBSCRIPTION_REFUSED' }));
    expect(left).toEqual([]);
    expect(new Set(connected.map((clientId) => clientId.split(':')[1]))).toEqual(
      new Set(['look', 'presence', 'workers', 'auditors', '']),
    );
    expect(broker.clients).toEqual([]);
  });

  it('leaves nothing when the host is silent either', async () => {
    let connections = 0;
    const address = await startServer((socket) => {
      connections++;
      socket.resume();
    });
    const app = await create({ url: `mqtt://${address}`, broker: 'mosquitto', connectTimeout: 50 });
    const left = await leftOpenBy(() => expect(app.listen()).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' }));
    expect(left).toEqual([]);
    expect(connections).toBe(1);
  });

  it('can be closed, and says so in its status', async () => {
    const app = await create({ url: `mqtt://${await deadAddress()}` });
    const seen: string[] = [];
    app.status.subscribe((status: string) => seen.push(status));
    await app.listen().catch(() => {});
    await app.close();
    expect(seen[0]).toBe('disconnected');
    expect(seen.at(-1)).toBe('closed');
  });
});

describe('listen() succeeds', () => {
  it('with a lower QoS where allowDowngrade says so', async () => {
    const broker = await startBroker();
    broker.grant((filter) => filter.startsWith('$share'), 0);
    const app = await create({ url: broker.url, allowDowngrade: true });
    await app.listen();
    expect(broker.clients.flatMap(({ subscriptions }) => subscriptions)).toContain('$share/workers/jobs/+');
  });
});

describe('The constructor refuses', () => {
  it.each<[string, MQTTSharedServerOptions, string, RegExp]>([
    ['what is no URL', { url: 'localhost' }, 'INVALID_URL', /`url`.*protocol.*mqtt:\/\/localhost:1883/],
    ['another protocol', { url: 'http://localhost' }, 'INVALID_URL', /protocol is "http:".*mqtt:/],
    ['no whole number', { concurrency: 1.5 }, 'INVALID_OPTION', /`concurrency`.*1\.5 is no whole number from 1/],
    ['too large a window', { receiveMaximum: 65_536 }, 'INVALID_OPTION', /`receiveMaximum`.*from 1 to 65535/],
    ['no connection', { connections: { workers: 0 } }, 'INVALID_OPTION', /`connections\.workers`.*0 is no whole/],
    ['connections in words', { connections: '4' as never }, 'INVALID_OPTION', /`connections`.*'4' is no whole/],
    ['connections of null', { connections: null as never }, 'INVALID_OPTION', /`connections`.*null is no whole/],
    ['another order', { orderBy: 'topics' as never }, 'INVALID_OPTION', /`orderBy`.*'topics'.*'topic'.*function/],
    ['a QoS there is none of', { qos: 3 as never }, 'INVALID_OPTION', /`qos`.*3 is none of 0, 1, 2/],
    [
      'another order of acknowledgements',
      { ackOrder: 'any' as never },
      'INVALID_OPTION',
      /`ackOrder`.*'any'.*'arrival'/,
    ],
    [
      'something to do with slashes',
      { leadingSlash: true as never },
      'INVALID_OPTION',
      /`leadingSlash`.*true.*'strip'/,
    ],
    ['a codec by another name', { codec: 'xml' as never }, 'INVALID_OPTION', /`codec`.*'xml'.*'json'/],
    ['a policy as a word', { onError: 'ack' as never }, 'INVALID_OPTION', /`onError`.*'ack' is no object.*then:/],
    ['another end', { onError: { then: 'retry' as never } }, 'INVALID_OPTION', /`onError\.then`.*'retry'.*'redeliver'/],
    [
      'a wait as a number',
      { onError: { backoff: 500 as never } },
      'INVALID_OPTION',
      /`onError\.backoff`.*500.*initial:/,
    ],
    ['half a wait', { onError: { backoff: { factor: 0.5 } } }, 'INVALID_OPTION', /`onError\.backoff\.factor`.*0\.5/],
    ['a negative time', { drainTimeout: -1 }, 'INVALID_OPTION', /`drainTimeout`/],
    ['another name', { concurency: 4 } as never, 'INVALID_OPTION', /`concurency`.* Did you mean `concurrency`\?$/],
    ['another spelling', { clientID: 'w1' } as never, 'INVALID_OPTION', /`clientID`.* Did you mean `clientId`\?$/],
    ['the name of mqtt.js', { reconnectPeriod: 1 } as never, 'INVALID_OPTION', /`reconnectPeriod`.*`reconnect`\?$/],
    ['a name like none', { colour: 1 } as never, 'INVALID_OPTION', /`colour`.* There are `url`, .*`deserializer`\.$/],
    ['a name of everything', { toString: 1 } as never, 'INVALID_OPTION', /`toString`.*none of this name/],
    [
      'another name of a policy',
      { onError: { atempts: 1 } as never },
      'INVALID_OPTION',
      /`onError\.atempts`.* Did you mean `onError\.attempts`\?$/,
    ],
    [
      'another name of a wait',
      { onError: { backoff: { initail: 1 } as never } },
      'INVALID_OPTION',
      /`onError\.backoff\.initail`.* Did you mean `onError\.backoff\.initial`\?$/,
    ],
    [
      'another name of a time',
      { adoption: { aftr: 5_000 } as never },
      'INVALID_OPTION',
      /`adoption\.aftr`.* Did you mean `adoption\.after`\?$/,
    ],
    ['a URL alone', 'mqtt://me:s3cret@host' as never, 'INVALID_OPTION', /^(?!.*s3cret).*`options`.*is no object/],
    ['what is no number', { maxPayload: Number.NaN }, 'INVALID_OPTION', /`maxPayload`.*NaN/],
    ['a group with a wildcard', { group: 'a#' }, 'INVALID_SHARE_NAME', /option `group`.*"a#"/],
  ])('%s', (_what, options, code, message) => {
    expect(() => new ServerMQTTShared(options)).toThrow(expect.objectContaining({ code }));
    expect(() => new ServerMQTTShared(options)).toThrow(message);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, '3' as never])('attempts: %p, and names the option', (attempts) => {
    expect(() => new ServerMQTTShared({ onError: { attempts } })).toThrow(/`onError\.attempts`.* is no whole number/);
  });

  it('a URL without repeating the password in it', () => {
    expect(() => new ServerMQTTShared({ url: 'http://me:s3cret@host' })).toThrow(/^(?!.*s3cret)/);
  });
});
