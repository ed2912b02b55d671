import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ClientMQTTShared } from '../client/client-mqtt-shared.js';
import { ServerMQTTShared } from '../server/server-mqtt-shared.js';
import {
  clientOptions,
  type MQTTSharedModuleAsyncOptions,
  type MQTTSharedModuleExtras,
  type MQTTSharedModuleOptions,
  serverOptions,
  validModuleOptions,
} from './module-options.js';

const OPTIONS = Symbol('options of MQTTSharedModule');

/** Milliseconds after the start of the application. */
const REMIND_AFTER = 10_000;
const FORGOTTEN =
  'Methods are registered with connectMicroservice(), and nothing is subscribed: call `await app.startAllMicroservices()`.';

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<MQTTSharedModuleOptions>({
  optionsInjectionToken: OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createMQTTSharedOptions')
  .setExtras<MQTTSharedModuleExtras>({ name: undefined, isGlobal: false }, provide)
  .build();

/**
 * Provides a `ClientMQTTShared` to inject and a `ServerMQTTShared` to serve with, both from one set of options:
 *
 * ```ts
 * imports: [MQTTSharedModule.forRoot({ url: 'mqtt://localhost:1883', server: { group: 'workers' } })]
 *
 * constructor(private readonly jobs: ClientMQTTShared) {}
 *
 * app.connectMicroservice({ strategy: app.get(ServerMQTTShared) });
 * ```
 *
 * Neither connects before it is used: the client with its first message, the server with `startAllMicroservices()`, of
 * which a warning reminds where methods are registered and it has not been called 10 s after the application's start.
 * The client is closed when the application has shut down, after the server has finished its messages.
 *
 * @throws InvalidOptionError, InvalidUrlError, InvalidShareNameError when the application is created
 * @publicApi
 */
@Module({})
export class MQTTSharedModule extends ConfigurableModuleClass implements OnApplicationBootstrap, OnApplicationShutdown {
  private reminder: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: ClientMQTTShared,
    private readonly server: ServerMQTTShared,
  ) {
    super();
  }

  /** With options that are known when the module is defined. */
  static override forRoot(options: MQTTSharedModuleOptions & MQTTSharedModuleExtras = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** With options from elsewhere: `useFactory` with `inject`, `useClass` or `useExisting`. */
  static override forRootAsync(options: MQTTSharedModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }

  /** A hybrid application may start its microservices after itself. */
  onApplicationBootstrap(): void {
    this.reminder = setTimeout(() => {
      if (this.server.isForgotten) new Logger(ServerMQTTShared.name).warn(FORGOTTEN);
    }, REMIND_AFTER).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.reminder);
    await this.client.close();
  }
}

function provide(definition: DynamicModule, { name, isGlobal }: MQTTSharedModuleExtras): DynamicModule {
  const byName = name === undefined ? [] : [{ provide: name, useExisting: ClientMQTTShared }];
  const provided = [
    {
      provide: ClientMQTTShared,
      inject: [OPTIONS],
      useFactory: (options: MQTTSharedModuleOptions) =>
        new ClientMQTTShared(clientOptions(validModuleOptions(options))),
    },
    {
      provide: ServerMQTTShared,
      inject: [OPTIONS],
      useFactory: (options: MQTTSharedModuleOptions) =>
        new ServerMQTTShared(serverOptions(validModuleOptions(options))),
    },
    ...byName,
  ];
  return {
    ...definition,
    global: isGlobal,
    providers: [...(definition.providers ?? []), ...provided],
    exports: [...(definition.exports ?? []), ...provided],
  };
}
