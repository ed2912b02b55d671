import type { IClientOptions } from 'mqtt';
import type { WireOptions } from './wire.js';

/** What mqtt.js is told: one connection, and nothing by itself. */
export function clientOptions(options: WireOptions): IClientOptions {
  const { clientId, clean, keepalive, connectTimeout, username, password, protocolVersion, tls } = options;
  return {
    ...definedOnly(tls ?? {}),
    ...definedOnly({ username, password }),
    clientId,
    clean,
    keepalive,
    connectTimeout,
    protocolVersion,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    timerVariant: 'native',
    ...(options.will && { will: { ...options.will, payload: Buffer.from(options.will.payload) } }),
    // Several times for each packet mqtt.js asks `debug` whether anybody listens, a twentieth of a worker's CPU time.
    log: process.env['DEBUG'] === undefined ? () => {} : undefined,
    properties:
      protocolVersion === 5
        ? definedOnly({
            sessionExpiryInterval: options.sessionExpiryInterval,
            receiveMaximum: options.receiveMaximum,
          })
        : undefined,
  };
}

/** mqtt.js tells an absent option from an undefined one. */
function definedOnly<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
