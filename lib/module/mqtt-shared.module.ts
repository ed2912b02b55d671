import { ConfigurableModuleBuilder, type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ClientMQTTShared } from '../client/client-mqtt-shared.js';
import { ServerMQTTShared } from '../server/server-mqtt-shared.js';
import {
  clientOptions,
  type MQTTSharedModuleAsyncOptions,
  type MQTTSharedModuleExtras,
  type MQTTSharedModuleOptions,
  serverOptions,
} from './module-options.js';

const OPTIONS = Symbol('options of MQTTSharedModule');

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
 * Neither connects before it is used: the client with its first message, the server with `startAllMicroservices()`.
 * The client is closed when the application has shut down, after the server has finished its messages.
 *
 * @throws InvalidOptionError, InvalidUrlError, InvalidShareNameError when the application is created
 * @publicApi
 */
@Module({})
export class MQTTSharedModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(private readonly client: ClientMQTTShared) {
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

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}

function provide(definition: DynamicModule, { name, isGlobal }: MQTTSharedModuleExtras): DynamicModule {
  const byName = name === undefined ? [] : [{ provide: name, useExisting: ClientMQTTShared }];
  const provided = [
    {
      provide: ClientMQTTShared,
      inject: [OPTIONS],
      useFactory: (options: MQTTSharedModuleOptions) => new ClientMQTTShared(clientOptions(options)),
    },
    {
      provide: ServerMQTTShared,
      inject: [OPTIONS],
      useFactory: (options: MQTTSharedModuleOptions) => new ServerMQTTShared(serverOptions(options)),
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
