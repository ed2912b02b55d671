import {
  type ConnectionOptions,
  DEFAULT_CONNECT_TIMEOUT,
  DEFAULT_KEEPALIVE,
  DEFAULT_URL,
} from './connection-options.js';
import type { WireOptions } from './wire.js';

/** The user's connection options and what one connection of theirs adds, with every default filled in. */
export function wireOptions(
  options: ConnectionOptions,
  connection: Pick<WireOptions, 'clientId' | 'clean' | 'sessionExpiryInterval' | 'receiveMaximum' | 'will'>,
): WireOptions {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options;
  return {
    ...connection,
    url: options.url ?? DEFAULT_URL,
    protocolVersion: options.protocolVersion ?? 5,
    keepalive: options.keepalive ?? DEFAULT_KEEPALIVE,
    connectTimeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
    username: options.username,
    password: options.password,
    tls: { ca, cert, key, passphrase, servername, rejectUnauthorized },
  };
}
