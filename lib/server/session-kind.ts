import type { ServerLimits } from '../session/wire.js';
import { DEFAULT_SESSION_EXPIRY, type MQTTSharedServerOptions } from './server-options.js';

type SessionOptions = Pick<MQTTSharedServerOptions, 'clientId' | 'adoption' | 'protocolVersion' | 'sessionExpiry'>;

/** Whether somebody can come back to the session of a group: this worker under its name, or another that adopts it. */
export function isPersistent(group: string | undefined, { clientId, adoption }: SessionOptions): boolean {
  return group !== undefined && (clientId !== undefined || adoption !== false);
}

/** Seconds for which the broker keeps a persistent session; `undefined` on 3.1.1, where it does until it is told otherwise. */
export function keptFor(options: SessionOptions, limits: ServerLimits | undefined): number | undefined {
  if (options.protocolVersion === 4) return undefined;
  return limits?.sessionExpiryInterval ?? options.sessionExpiry ?? DEFAULT_SESSION_EXPIRY;
}

/** What comes of it for what a connection holds when it ends. */
export function sessionKind(
  group: string | undefined,
  options: SessionOptions,
  limits: ServerLimits | undefined,
): 'persistent' | 'clean' {
  return isPersistent(group, options) && keptFor(options, limits) !== 0 ? 'persistent' : 'clean';
}
