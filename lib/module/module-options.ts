import type { ConfigurableModuleAsyncOptions } from '@nestjs/common';
import { CLIENT_OPTIONS, type ClientMQTTSharedOptions } from '../client/client-options.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { type OptionNames, refuseUnknownNames } from '../option-names.js';
import { type MQTTSharedServerOptions, SERVER_OPTIONS } from '../server/server-options.js';
import { CONNECTION_OPTIONS, type ConnectionOptions } from '../session/connection-options.js';

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

const MODULE_OPTIONS: OptionNames<MQTTSharedModuleOptions> = {
  ...CONNECTION_OPTIONS,
  codec: true,
  qos: true,
  leadingSlash: true,
  client: true,
  server: true,
};

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

/** What stands at the top reaches both sides. @throws InvalidOptionError */
export function validModuleOptions(options: MQTTSharedModuleOptions): MQTTSharedModuleOptions {
  for (const name of Object.keys(options)) {
    const sides = Object.hasOwn(MODULE_OPTIONS, name) ? [] : sidesWith(name);
    if (sides.length === 0) continue;
    const places = sides.map((side) => `\`${side}: { ${name}: … }\``).join(' or ');
    throw new InvalidOptionError(name, 'client and server do not have it in common', `Write ${places}.`);
  }
  refuseUnknownNames(options, MODULE_OPTIONS);
  return options;
}

function sidesWith(name: string): ('server' | 'client')[] {
  const names = { server: SERVER_OPTIONS, client: CLIENT_OPTIONS };
  return (['server', 'client'] as const).filter((side) => Object.hasOwn(names[side], name));
}

export function clientOptions({ client, server: _, ...common }: MQTTSharedModuleOptions): ClientMQTTSharedOptions {
  return { ...common, ...client };
}

export function serverOptions({ server, client: _, ...common }: MQTTSharedModuleOptions): MQTTSharedServerOptions {
  return { ...common, ...server };
}
