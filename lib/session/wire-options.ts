import { type ConnectionOptions, DEFAULT_CONNECT_TIMEOUT, DEFAULT_KEEPALIVE } from './connection-options.js';
import type { SessionOptions } from './brokers.js';

/** The user's connection options and what one connection of theirs adds, with every default filled in; where to is for `Brokers` to say. */
export function wireOptions(
  options: ConnectionOptions,
  connection: Pick<SessionOptions, 'clientId' | 'clean' | 'sessionExpiryInterval' | 'receiveMaximum' | 'will'>,
): SessionOptions {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = options;
  return {
    ...connection,
    protocolVersion: options.protocolVersion ?? 5,
    keepalive: options.keepalive ?? DEFAULT_KEEPALIVE,
    connectTimeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
    username: options.username,
    password: options.password,
    tls: { ca, cert, key, passphrase, servername, rejectUnauthorized },
  };
}
