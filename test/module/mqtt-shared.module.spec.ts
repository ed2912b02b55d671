import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  type DynamicModule,
  Inject,
  Injectable,
  type INestApplication,
  type INestApplicationContext,
  Module,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type AsyncMicroserviceOptions, ClientProxy, ClientsModule, Payload } from '@nestjs/microservices';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  ClientMQTTShared,
  MQTTSharedModule,
  type MQTTSharedModuleOptions,
  type MQTTSharedOptionsFactory,
  ServerMQTTShared,
  SharedPattern,
} from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { deferred } from '../server/deferred.js';
import { RecordedLog } from '../server/recorded-log.js';
import { firstValueFrom, lastValueFrom } from 'rxjs';

const log = RecordedLog.install();
const JOBS = Symbol('jobs');
let broker: EmbeddedBroker;
let opened: INestApplicationContext[];

beforeEach(async () => {
  opened = [];
  broker = new EmbeddedBroker();
  await broker.listen();
});
afterEach(async () => {
  for (const app of opened) await app.close();
  await broker.close();
});

@Controller()
class JobsController {
  @SharedPattern('double/+')
  double(@Payload() n: number): number {
    return 2 * n;
  }
}

@Injectable()
class Producer {
  constructor(private readonly client: ClientMQTTShared) {}

  double(n: number): Promise<number> {
    return firstValueFrom(this.client.send<number>('double/now', n));
  }
}

@Injectable()
class BrokerConfig implements MQTTSharedOptionsFactory {
  createMQTTSharedOptions(): Promise<MQTTSharedModuleOptions> {
    return Promise.resolve({ url: broker.url, clientId: 'configured', server: { group: 'workers' } });
  }
}

@Module({ providers: [BrokerConfig], exports: [BrokerConfig] })
class ConfigModule {}

/** How a microservice that is no hybrid application gets its strategy from the module. */
const strategy: AsyncMicroserviceOptions = {
  inject: [ServerMQTTShared],
  useFactory: (server: ServerMQTTShared) => ({ strategy: server }),
};

async function compile(imports: (DynamicModule | Type)[], providers: Type[] = []): Promise<TestingModule> {
  const module = await Test.createTestingModule({
    imports,
    controllers: [JobsController],
    providers,
  })
    .setLogger(log)
    .compile();
  opened.push(module);
  return module;
}

const connected = (): string[] =>
  broker.clients
    .filter((client) => client.connected)
    .map(({ clientId }) => clientId)
    .filter((clientId) => !clientId.endsWith(':presence'))
    .sort();

describe('MQTTSharedModule.forRoot', () => {
  it('gives client and server the same connection options, and each what is its own', async () => {
    const server = { group: 'workers', connections: 2 };
    const module = await compile(
      [MQTTSharedModule.forRoot({ url: broker.url, clientId: 'both', server, client: { clientId: 'mine' } })],
      [Producer],
    );
    const app = module.createNestMicroservice({ strategy: module.get(ServerMQTTShared) });
    opened.unshift(app);
    await app.listen();
    expect(await module.get(Producer).double(21)).toBe(42);
    expect(connected()).toEqual(['both:replies', 'both:workers:0', 'both:workers:1', 'mine']);
  });

  it('hands out one client, by its class and by the name that was chosen', async () => {
    const module = await compile([MQTTSharedModule.forRoot({ url: broker.url, name: JOBS })]);
    expect(module.get(JOBS)).toBe(module.get(ClientMQTTShared));
    expect(module.get(ClientMQTTShared)).toBeInstanceOf(ClientMQTTShared);
  });

  it('connects nothing before it is used', async () => {
    const module = await compile([MQTTSharedModule.forRoot({ url: broker.url, clientId: 'lazy' })]);
    await module.init();
    expect(broker.clients).toEqual([]);
    await module.get(ClientMQTTShared).connect();
    expect(connected()).toEqual(['lazy']);
  });

  it('tells two brokers apart by the names of their clients', async () => {
    const other = new EmbeddedBroker();
    await other.listen();
    const here = new Map<string, unknown>();
    other.on('publish', ({ topic }) => here.set(topic, 'other'));
    broker.on('publish', ({ topic }) => here.set(topic, 'first'));
    const module = await compile([
      MQTTSharedModule.forRoot({ url: broker.url, name: 'FIRST' }),
      MQTTSharedModule.forRoot({ url: other.url, name: 'OTHER' }),
    ]);
    await lastValueFrom(module.get<ClientProxy>('FIRST').emit('a', 1), { defaultValue: undefined });
    await lastValueFrom(module.get<ClientProxy>('OTHER').emit('b', 1), { defaultValue: undefined });
    expect(here).toEqual(
      new Map([
        ['a', 'first'],
        ['b', 'other'],
      ]),
    );
    await module.close();
    await other.close();
  });

  it('is seen everywhere when it is global, and only where it is imported when it is not', async () => {
    @Module({ providers: [Producer] })
    class Feature {}
    const root = (isGlobal: boolean): Promise<TestingModule> =>
      compile([MQTTSharedModule.forRoot({ url: broker.url, isGlobal }), Feature]);
    await expect(root(true)).resolves.toBeDefined();
    await expect(root(false)).rejects.toThrow('ClientMQTTShared');
  });

  it('closes its client when the server has finished its messages, which may use it until then', async () => {
    const published: string[] = [];
    broker.on('publish', ({ topic }) => published.push(topic));
    const started = deferred();
    const go = deferred();
    @Controller()
    class LastController {
      constructor(private readonly client: ClientMQTTShared) {}
      @SharedPattern('workers', 'last')
      async last(): Promise<void> {
        started.resolve();
        await go.promise;
        await lastValueFrom(this.client.emit('farewell', 1), { defaultValue: undefined });
      }
    }
    @Module({ imports: [MQTTSharedModule.forRoot({ url: broker.url })], controllers: [LastController] })
    class AppModule {}
    const app = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(AppModule, { ...strategy, logger: log });
    await app.listen();
    await broker.publish('last', '1', { qos: 1 });
    await started.promise;
    const closed = app.close();
    go.resolve();
    await closed;
    expect(published.filter((topic) => !topic.includes('/presence/'))).toEqual(['last', 'farewell']);
    expect(broker.clients).toEqual([]);
    const late = lastValueFrom(app.get(ClientMQTTShared).emit('late', 1));
    await expect(late).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('refuses options that cannot be right when the application is created', async () => {
    await expect(compile([MQTTSharedModule.forRoot({ url: 'http://x' })])).rejects.toMatchObject({
      code: 'INVALID_URL',
    });
    await expect(compile([MQTTSharedModule.forRoot({ server: { concurrency: 0 } })])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'concurrency',
    });
  });

  it.each([
    ['a name there is none of', { srever: { group: 'workers' } }, 'srever', /Did you mean `server`\?$/],
    ['a name for one side at the top', { group: 'workers' }, 'group', /Write `server: { group: … }`\.$/],
    [
      'a name for the other side at the top',
      { offlineQueue: 1 },
      'offlineQueue',
      /Write `client: { offlineQueue: … }`\.$/,
    ],
    [
      'a name of both for different things',
      { serializer: {} },
      'serializer',
      /`server: { serializer: … }` or `client: {/,
    ],
    ['a name for the server given to the client', { client: { group: 'workers' } }, 'group', /none of this name/],
  ])('refuses %s', async (_what, options, option, fix) => {
    await expect(compile([MQTTSharedModule.forRoot(options as never)])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option,
      message: expect.stringMatching(fix),
    });
  });
});

describe('A hybrid application', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
    log.lines.length = 0;
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const reminders = (): string[] => log.lines.filter((line) => line.includes('nothing is subscribed'));

  async function initialized(): Promise<INestApplication> {
    const module = await compile([MQTTSharedModule.forRoot({ url: broker.url, server: { group: 'workers' } })]);
    const app = module.createNestApplication();
    opened.unshift(app);
    app.connectMicroservice({ strategy: module.get(ServerMQTTShared) });
    return app.init();
  }

  it('is reminded of startAllMicroservices() where methods are registered and it was not called', async () => {
    await initialized();
    jest.advanceTimersByTime(9_999);
    expect(reminders()).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(reminders()).toEqual([expect.stringMatching(/^warn .*call `await app\.startAllMicroservices\(\)`/)]);
  });

  it('is not where it was called, be it after its own start', async () => {
    const app = await initialized();
    await app.startAllMicroservices();
    jest.advanceTimersByTime(10_000);
    expect(reminders()).toEqual([]);
  });

  it('is not where it only publishes, nor when it is closed before', async () => {
    await (await compile([MQTTSharedModule.forRoot()])).init();
    await (await initialized()).close();
    jest.advanceTimersByTime(10_000);
    expect(reminders()).toEqual([]);
  });
});

describe('MQTTSharedModule.forRootAsync', () => {
  const expectBothToWork = async (module: TestingModule): Promise<void> => {
    const app = module.createNestMicroservice({ strategy: module.get(ServerMQTTShared) });
    opened.unshift(app);
    await app.listen();
    expect(await module.get(Producer).double(4)).toBe(8);
    expect(connected()).toEqual(['configured', 'configured:replies', 'configured:workers:0']);
  };

  it('takes its options from a factory with injected dependencies', async () => {
    const async = MQTTSharedModule.forRootAsync({
      imports: [ConfigModule],
      inject: [BrokerConfig],
      useFactory: (config: BrokerConfig) => config.createMQTTSharedOptions(),
      name: JOBS,
    });
    const module = await compile([async], [Producer]);
    expect(module.get(JOBS)).toBe(module.get(ClientMQTTShared));
    await expectBothToWork(module);
  });

  it('takes its options from a class that it makes', async () => {
    await expectBothToWork(await compile([MQTTSharedModule.forRootAsync({ useClass: BrokerConfig })], [Producer]));
  });

  it('takes its options from a provider that exists', async () => {
    const async = MQTTSharedModule.forRootAsync({ imports: [ConfigModule], useExisting: BrokerConfig });
    await expectBothToWork(await compile([async], [Producer]));
  });

  it('can be global', async () => {
    @Module({ providers: [Producer] })
    class Feature {}
    const async = MQTTSharedModule.forRootAsync({ isGlobal: true, useClass: BrokerConfig });
    await expect(compile([async, Feature])).resolves.toBeDefined();
  });

  it('gives NestFactory.createMicroservice its strategy', async () => {
    @Module({
      imports: [MQTTSharedModule.forRootAsync({ useClass: BrokerConfig })],
      controllers: [JobsController],
      providers: [Producer],
    })
    class AppModule {}
    const app = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(AppModule, { ...strategy, logger: log });
    opened.push(app);
    await app.listen();
    expect(await app.get(Producer).double(5)).toBe(10);
  });

  it('fails the start when the factory fails', async () => {
    const useFactory = (): never => {
      throw new Error('no configuration');
    };
    await expect(compile([MQTTSharedModule.forRootAsync({ useFactory })])).rejects.toThrow('no configuration');
  });
});

describe('ClientsModule', () => {
  @Injectable()
  class Jobs {
    constructor(@Inject('JOBS') readonly client: ClientProxy) {}
  }

  async function worker(): Promise<void> {
    const strategy = new ServerMQTTShared({ url: broker.url, group: 'workers' });
    const module = await Test.createTestingModule({ controllers: [JobsController] })
      .setLogger(log)
      .compile();
    const app = module.createNestMicroservice({ strategy });
    opened.push(app);
    await app.listen();
  }

  const double = (module: TestingModule, n: number): Promise<number> =>
    firstValueFrom(module.get(Jobs).client.send<number>('double/now', n));

  it('registers the client as a custom class, and closes it with the application', async () => {
    await worker();
    const options = { url: broker.url, clientId: 'registered' };
    const client = ClientsModule.register([{ name: 'JOBS', customClass: ClientMQTTShared, options }]);
    const module = await compile([client], [Jobs]);
    expect(await double(module, 3)).toBe(6);
    expect(connected()).toContain('registered');
    await module.close();
    expect(connected()).not.toContain('registered');
  });

  it('registers the client with options from a factory', async () => {
    await worker();
    const client = ClientsModule.registerAsync([
      {
        name: 'JOBS',
        imports: [ConfigModule],
        inject: [BrokerConfig],
        useFactory: async (config: BrokerConfig) => {
          const { url, clientId } = await config.createMQTTSharedOptions();
          return { customClass: ClientMQTTShared, options: { url, clientId } };
        },
      },
    ]);
    const module = await compile([client], [Jobs]);
    expect(await double(module, 3)).toBe(6);
    expect(connected()).toContain('configured');
  });
});
