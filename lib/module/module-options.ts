import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import type { ClientMQTTSharedOptions } from '../client/client-options.js';
import type { MQTTSharedServerOptions } from '../server/server-options.js';
import type { ConnectionOptions } from '../session/connection-options.js';

/**
 * Options of `MQTTSharedModule`: what client and server have in common, written once.
 *
 * @publicApi
 */
export interface MQTTSharedModuleOptions
  extends ConnectionOptions, Pick<ClientMQTTSharedOptions, 'codec' | 'qos' | 'leadingSlash'> {
  /** What the client has besides, or instead. */
  client?: ClientMQTTSharedOptions;
  /** What the server has besides, or instead. */
  server?: MQTTSharedServerOptions;
}

/**
 * How the module is provided; not part of what `forRootAsync` computes.
 *
 * @publicApi
 */
export interface MQTTSharedModuleExtras {
  /** A token of your own under which the client can be injected, too; needed when there is more than one. */
  name?: string | symbol;
  /** Whether every module can inject what this one provides without importing it. Default false. */
  isGlobal?: boolean;
}

/**
 * What a class must have that is given as `useClass` or `useExisting`.
 *
 * @publicApi
 */
export interface MQTTSharedOptionsFactory {
  createMQTTSharedOptions(): MQTTSharedModuleOptions | Promise<MQTTSharedModuleOptions>;
}

/**
 * Argument of `MQTTSharedModule.forRootAsync`: `imports`, and `useFactory` with `inject`, `useClass` or `useExisting`.
 *
 * @publicApi
 */
export type MQTTSharedModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  MQTTSharedModuleOptions,
  'createMQTTSharedOptions'
> &
  MQTTSharedModuleExtras;

export function clientOptions({ client, server: _, ...common }: MQTTSharedModuleOptions): ClientMQTTSharedOptions {
  return { ...common, ...client };
}

export function serverOptions({ server, client: _, ...common }: MQTTSharedModuleOptions): MQTTSharedServerOptions {
  return { ...common, ...server };
}
