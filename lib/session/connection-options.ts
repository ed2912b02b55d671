import type { BackoffOptions } from '../backoff.js';
import type { OptionNames } from '../option-names.js';
import type { ProtocolVersion, TlsOptions } from './wire.js';

/**
 * How to reach the broker; the same for server and client.
 *
 * @publicApi
 */
export interface ConnectionOptions extends TlsOptions {
  /**
   * `mqtt:`, `mqtts:`, `ws:` or `wss:` address of the broker. Default `mqtt://localhost:1883`.
   *
   * Several are tried in turn, each for `connectTimeout`, beginning with the one that worked last; only after the whole
   * list does `reconnect` wait. They must lead to one broker or one cluster whose nodes share sessions, because a session,
   * and so what a worker holds or has adopted, is on one broker only.
   */
  url?: string | readonly string[];
  /** 5 for MQTT 5.0 (default), 4 for MQTT 3.1.1. */
  protocolVersion?: ProtocolVersion;
  /**
   * Stem of this instance's Client Identifiers. Default: `nestjs-mqtt-shared-` and 12 random hexadecimal digits.
   * Two instances must not have the same one: the broker ends one connection when the other comes (section 3.1.4).
   */
  clientId?: string;
  username?: string;
  password?: string | Buffer;
  /** Keep Alive in seconds. Default 60. */
  keepalive?: number;
  /** Milliseconds to wait for the CONNACK of each address, and for other answers of the broker. Default 10,000. */
  connectTimeout?: number;
  /** Waits between attempts to reconnect. Default `{ initial: 200, factor: 2, max: 30_000, jitter: 0.5 }`, in ms. */
  reconnect?: BackoffOptions;
}

export const CONNECTION_OPTIONS: OptionNames<ConnectionOptions> = {
  url: true,
  protocolVersion: true,
  clientId: true,
  username: true,
  password: true,
  keepalive: true,
  connectTimeout: true,
  reconnect: true,
  ca: true,
  cert: true,
  key: true,
  passphrase: true,
  servername: true,
  rejectUnauthorized: true,
};

export const DEFAULT_URL = 'mqtt://localhost:1883';
export const DEFAULT_KEEPALIVE = 60;
export const DEFAULT_CONNECT_TIMEOUT = 10_000;
