import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EventPattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { MQTTSharedError, type MQTTSharedServerOptions, ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { BEHAVIOURS } from 'nestjs-mqtt-shared/testing';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import { actAsPlainBroker, type PlainBrokerOptions, withoutShare } from '../support/plain-broker.js';
import { controllerFor } from '../support/controller-for.js';
import { ODD_BROKERS, type OddBroker } from '../support/odd-brokers.js';
import { RawClient } from '../support/raw-client.js';
import { Scene } from '../support/scene.js';
import { type ScriptedConnection, ScriptedServer } from '../support/scripted-server.js';

const FILTER = '$share/workers/jobs';
const NOT_SERVED = 'SHARED_SUBSCRIPTIONS_NOT_SERVED';
const LISTENS: [string, RegExp] = ['none', /^/];
const jobs = controllerFor(SharedPattern('workers', 'jobs'), () => {});

const news = controllerFor(EventPattern('news') as MethodDecorator, () => {});

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

/** As a user's worker does without options of its own, but for the address. */
const BY_DEFAULT = { broker: 'auto', adoption: undefined, clientId: undefined } as const;

async function scripted(script: (server: ScriptedServer) => unknown): Promise<ScriptedServer> {
  const server = await ScriptedServer.start();
  scene.onClose(() => server.stop());
  script(server);
  return server;
}

const clientIdOf = (connection: ScriptedConnection): string => connection.of('connect')[0]?.clientId ?? '';

const plainBroker = (options?: PlainBrokerOptions): Promise<ScriptedServer> =>
  scripted((server) => actAsPlainBroker(server, options));

async function listenError(options: MQTTSharedServerOptions): Promise<Error> {
  return scene.worker({ ...BY_DEFAULT, ...options }, jobs).then(
    ({ close }) => close().then(() => new Error('It listens.')),
    (reason: unknown) => reason as Error,
  );
}

/** By code and words, on both versions or on each. */
const VERDICTS: Record<OddBroker, [string, RegExp] | Record<4 | 5, [string, RegExp]>> = {
  'grants `$share` as an ordinary filter': [NOT_SERVED, /none came on a shared one/],
  'delivers nothing on what it grants': [NOT_SERVED, /none came on a shared one/],
  'hangs when it is told to let go': [NOT_SERVED, /none came on a shared one/],
  'gives every member every message': [NOT_SERVED, /every worker would run every job/],
  'delivers nothing at all': LISTENS,
  'forbids to publish': { 4: LISTENS, 5: ['PRESENCE_REFUSED', /0x87.*`adoption: false`/] },
  'refuses shared subscriptions': {
    4: ['SUBSCRIPTION_REFUSED', /0x80/],
    5: ['SHARED_SUBSCRIPTIONS_UNAVAILABLE', /Switch them on/],
  },
  'refuses subscriptions with 0x80': ['SUBSCRIPTION_REFUSED', /0x80.*whether it has shared subscriptions/],
  'refuses subscriptions with 0x8f': {
    4: ['SUBSCRIPTION_REFUSED', /0x80.*whether it has shared subscriptions/],
    5: ['SUBSCRIPTION_REFUSED', /0x8f.*Check the filter/],
  },
  'refuses subscriptions with 0x9e': {
    4: ['SUBSCRIPTION_REFUSED', /0x80.*whether it has shared subscriptions/],
    5: ['SUBSCRIPTION_REFUSED', /0x9e.*has no shared subscriptions/],
  },
  'ends the connection on SUBSCRIBE': ['PRESENCE_REFUSED', /ended the connection.*`adoption: false`/],
  'ends the connection on a shared SUBSCRIBE': ['SUBSCRIBE_ENDED_CONNECTION', /Some brokers refuse a filter this way/],
  'hangs after CONNECT': ['BROKER_UNREACHABLE', /connack timeout.*`connectTimeout`/],
  'hangs after SUBSCRIBE': ['NO_ANSWER', /SUBSCRIBE.*within 1000 ms.*`connectTimeout`/],
  'closes every connection': ['BROKER_UNREACHABLE', /closed before CONNACK. Check `url`/],
  'is a web server': ['BROKER_UNREACHABLE', /Check `url`.*that an MQTT broker answers there/],
  'is not there': ['BROKER_UNREACHABLE', /Is the broker running/],
  'wants another password': ['CONNECTION_REFUSED', /Check `username` and `password`/],
  'lets nobody in': ['CONNECTION_REFUSED', /Check `username` and `password`/],
  'takes no Client Identifier': ['CONNECTION_REFUSED', /Set `clientId`/],
  'is busy': ['CONNECTION_REFUSED', /Try again/],
  'speaks 3.1.1 only and refuses': {
    4: ['SUBSCRIPTION_REFUSED', /0x80.*whether it has shared subscriptions/],
    5: ['CONNECTION_REFUSED', /Set `protocolVersion: 4`/],
  },
};

const NAMES_A_FILTER = [NOT_SERVED, 'SUBSCRIPTION_REFUSED', 'SUBSCRIBE_ENDED_CONNECTION'];

function verdictOn(kind: OddBroker, protocolVersion: 4 | 5): { code: string; says: RegExp } {
  const verdict = VERDICTS[kind];
  const [code, says] = Array.isArray(verdict) ? verdict : verdict[protocolVersion];
  return { code, says };
}

describe.each([4, 5] as const)('On MQTT by version %i, of a broker that', (protocolVersion) => {
  const results = new Map<OddBroker, { address: string; error: unknown; seconds: number }>();
  // All at once: those that hang cost the time of one.
  beforeAll(async () => {
    const all = new Scene();
    const listen = async (kind: OddBroker): Promise<void> => {
      const address = await ODD_BROKERS[kind](all);
      const started = performance.now();
      const options = { ...BY_DEFAULT, url: address, protocolVersion, connectTimeout: 1_000, password: 'hunter2' };
      const error: unknown = await all.worker({ ...options, username: 'jobs' }, jobs).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      results.set(kind, { address, error, seconds: (performance.now() - started) / 1_000 });
    };
    await Promise.all((Object.keys(ODD_BROKERS) as OddBroker[]).map(listen));
    await all.close();
  }, 60_000);

  const verdicts = (Object.keys(VERDICTS) as OddBroker[]).map((kind) => ({
    kind,
    ...verdictOn(kind, protocolVersion),
  }));

  it.each(verdicts.filter(({ code }) => code !== LISTENS[0]))(
    '$kind, listen() says where and what to do: $code',
    ({ kind, code, says }) => {
      const { address = '', error } = results.get(kind) ?? {};
      expect(error).toBeInstanceOf(MQTTSharedError);
      expect(error).toMatchObject({ code });
      const { message } = error as MQTTSharedError;
      expect(message).toMatch(says);
      expect(message).toContain(address);
      expect(message).toContain(NAMES_A_FILTER.includes(code) ? `"${FILTER}"` : address);
      expect(message).not.toContain('hunter2');
    },
  );

  it.each(verdicts.filter(({ code }) => code === LISTENS[0]))('$kind, listen() finds nothing out', ({ kind }) => {
    expect(results.get(kind)).toMatchObject({ error: undefined });
  });

  it('is odd in any way, listen() has its verdict within its time limits', () => {
    expect(results.size).toBe(Object.keys(ODD_BROKERS).length);
    for (const { seconds } of results.values()) expect(seconds).toBeLessThan(30);
  });
});

describe.each([
  [5, 0x80, /log should say why/],
  [5, 0x81, /log should say why/],
  [5, 0x82, /log should say why/],
  [5, 0x83, /log should say why/],
  [5, 0x84, /`protocolVersion: 4`/],
  [5, 0x85, /`clientId`/],
  [5, 0x86, /`username` and `password`/],
  [5, 0x87, /`username` and `password`/],
  [5, 0x88, /Try again/],
  [5, 0x89, /Try again/],
  [5, 0x8a, /banned/],
  [5, 0x8c, /enhanced authentication/],
  [5, 0x90, /`adoption: false`/],
  [5, 0x95, /log should say why/],
  [5, 0x97, /Try again/],
  [5, 0x99, /log should say why/],
  [5, 0x9a, /`adoption: false`/],
  [5, 0x9b, /`adoption: false`/],
  [5, 0x9c, /`url`/],
  [5, 0x9d, /`url`/],
  [5, 0x9f, /Try again/],
  [4, 1, /`protocolVersion: 4` .*`5`/],
  [4, 2, /`clientId`/],
  [4, 3, /Try again/],
  [4, 4, /`username` and `password`/],
  [4, 5, /`username` and `password`/],
] as const)('CONNACK of version %i with %i', (protocolVersion, code, advice) => {
  it('makes listen() fail with its name and what to do', async () => {
    const { url } = await scripted((server) => {
      server.script = (connection) => connection.accept({ returnCode: code, reasonCode: code });
    });
    const error = await listenError({ url, protocolVersion });
    expect(error).toMatchObject({ code: 'CONNECTION_REFUSED', address: url, reasonCode: code });
    expect(error.message).toMatch(
      new RegExp(`The broker at ${url} refused .*0x${code.toString(16).padStart(2, '0')} \\(`),
    );
    expect(error.message).toMatch(advice);
  });
});

describe.each([4, 5] as const)('listen() (protocol version %i)', (protocolVersion) => {
  it.each([
    ['watches presence', 'w1:presence', 'PRESENCE_REFUSED', undefined],
    ['watches presence, on a broker that never says why', 'w1:presence', 'PRESENCE_REFUSED', 'mosquitto'],
    ['subscribes', 'w1:workers:0', 'SUBSCRIBE_ENDED_CONNECTION', undefined],
    ['subscribes, on a broker that never says why', 'w1:workers:0', 'SUBSCRIBE_ENDED_CONNECTION', 'mosquitto'],
  ] as const)('tells of a second process with the same `clientId` that connects as it %s', async (...situation) => {
    const [, clientId, silent, behaviour] = situation;
    const broker = await scene.embeddedBroker({ behaviour });
    broker.withhold(({ cmd }, to) => cmd === 'suback' && to === clientId);
    const takenOver = new Promise<RawClient>((resolve, reject) => {
      const stopListening = broker.on('subscribe', (asked) => {
        if (asked.clientId !== clientId) return;
        stopListening();
        RawClient.connect(broker.url, { protocolVersion, clientId, clean: false }).then(resolve, reject);
      });
    });
    const error = await listenError({ url: broker.url, protocolVersion, clientId: 'w1' });
    await (await takenOver).disconnect();

    // Only on 5.0 can a broker say why.
    const isTold = protocolVersion === 5 && behaviour === undefined;
    const { message } = error;
    expect(error).toMatchObject({ code: isTold ? 'CONNECTION_LOST' : silent });
    expect(message).toContain(`"${clientId}"`);
    expect(message).toMatch(
      isTold ? /give each instance its own `clientId`\.$/ : /Each needs a `clientId` of its own\. /,
    );
    expect(message.search(/adoption: false|Some brokers refuse/) > message.indexOf('of its own')).toBe(!isTold);
  });

  it('does not take a broker that shuts down for one that refuses', async () => {
    const { url } = await scripted((server) => {
      server.script = (connection) => {
        connection.onPacket = ({ cmd }) => {
          if (cmd !== 'subscribe') return;
          if (connection.protocolVersion === 5) connection.send({ cmd: 'disconnect', reasonCode: 0x8b });
          connection.end();
        };
        connection.accept();
      };
    });
    const error = await listenError({ url, protocolVersion });
    expect(error).toMatchObject({ code: protocolVersion === 5 ? 'CONNECTION_LOST' : 'PRESENCE_REFUSED' });
  });

  it('fails on a broker that shares nothing and refuses MQTT 5.0, where it was to speak 3.1.1', async () => {
    const { url } = await scripted((server) => {
      actAsPlainBroker(server);
      const { script } = server;
      server.script = (connection, connect) => {
        if (connect.protocolVersion === 5) connection.destroy();
        else script(connection, connect);
      };
    });
    const error = await listenError({ url, protocolVersion });
    expect(error).toMatchObject({ code: protocolVersion === 4 ? NOT_SERVED : 'BROKER_UNREACHABLE' });
  });

  it('believes a broker that takes some time until messages come to its members', async () => {
    let published = 0;
    const { url } = await plainBroker({
      filterOf: withoutShare,
      // one member alone, and not before the third message
      delivers: (filter, member) =>
        !filter.startsWith('$share') || (clientIdOf(member).endsWith(':look') && ++published > 2),
    });
    const { server } = await scene.worker({ ...BY_DEFAULT, url, protocolVersion }, jobs);
    expect(server.startReport?.broker).toBe('broker not recognised');
  });

  it('finds nothing out, and does not fail, where access rules let nothing through', async () => {
    const { url } = await plainBroker({ delivers: () => false });
    await expect(scene.worker({ ...BY_DEFAULT, url, protocolVersion }, jobs)).resolves.toBeDefined();
  });

  it('finds nothing out, and does not fail, where the topics of the test are refused', async () => {
    const { url } = await plainBroker({
      refuses: (filter) => (filter.includes('/sharing/') ? 0x87 : undefined),
    });
    await expect(scene.worker({ ...BY_DEFAULT, url, protocolVersion }, jobs)).resolves.toBeDefined();
  });

  it('is ended by close() while it tests, and leaves no connection', async () => {
    let tests = (): void => {};
    const testing = new Promise<void>((resolve) => (tests = resolve));
    const { url, connections } = await plainBroker({
      filterOf: withoutShare,
      delivers: (filter) => {
        if (filter.includes('/sharing/')) tests();
        return !filter.startsWith('$share');
      },
    });
    const module = await Test.createTestingModule({ controllers: [jobs] }).compile();
    const server = new ServerMQTTShared({ url, protocolVersion });
    const app = module.createNestMicroservice({ strategy: server });
    const said: unknown[] = [];
    server.on('listening', (event) => said.push(event));
    const listening = app.listen();
    listening.catch(() => {});
    await testing;
    await app.close();

    await expect(listening).rejects.toThrow('The server was closed before it was ready.');
    await Promise.all(connections.map(({ closed }) => closed));
    expect(said).toEqual([]);
  });

  it.each<[string, MQTTSharedServerOptions]>([
    ['the broker is named', { broker: 'mosquitto' }],
    ['the broker is described', { broker: { ...KNOWN_BROKERS.artemis, name: 'ours' } }],
  ])('tests nothing where %s', async (_what, options) => {
    const { url, connections } = await plainBroker();
    await scene.worker({ ...BY_DEFAULT, url, protocolVersion, ...options }, jobs);
    expect(connections.map(clientIdOf).filter((clientId) => clientId.includes('look'))).toEqual([]);
  });

  it('tests nothing where nothing is shared', async () => {
    const { url, connections } = await plainBroker();
    await scene.worker({ ...BY_DEFAULT, url, protocolVersion }, news);
    expect(connections.flatMap((one) => one.of('publish'))).toEqual([]);
  });

  it.each(Object.entries(BEHAVIOURS))('believes a broker that shares as %s does', async (_name, behaviour) => {
    const broker = await scene.embeddedBroker({ behaviour: { ...behaviour, announces: {} } });
    const asked: string[] = [];
    broker.on('subscribe', ({ filter }) => asked.push(filter));
    const { server } = await scene.worker({ ...BY_DEFAULT, url: broker.url, protocolVersion }, jobs);
    expect(server.startReport?.broker).toBe('broker not recognised');
    expect(asked.filter((filter) => filter.includes('nestjs-mqtt-shared/sharing')).length).toBe(3);
    expect(broker.clients.map(({ clientId }) => clientId).filter((id) => id.includes('look'))).toEqual([]);
  });
});
