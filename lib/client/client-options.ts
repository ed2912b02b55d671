import type { ProducerDeserializer, ProducerSerializer } from '@nestjs/microservices';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { oneOf } from '../one-of.js';
import { type OptionNames, refuseUnknownNames } from '../option-names.js';
import type { Codec } from '../payload/codec.js';
import { CONNECTION_OPTIONS, type ConnectionOptions } from '../session/connection-options.js';
import { validateConnectionOptions } from '../session/validate-connection-options.js';
import type { QoS } from '../session/wire.js';

/**
 * Options of `ClientMQTTShared`.
 *
 * @publicApi
 */
export interface ClientMQTTSharedOptions extends ConnectionOptions {
  /** How data becomes a payload and replies become values; default `'auto'`. */
  codec?: Codec;
  /** QoS of messages whose record sets none; default 1. */
  qos?: QoS;
  /** `'strip'` (default) takes leading slashes off topics, as the server does with filters; `'keep'` leaves them. */
  leadingSlash?: 'strip' | 'keep';
  /**
   * Fail with `PublishError` (0x10) where the broker says that nobody is subscribed, instead of losing the message.
   * Brokers can say so on MQTT 5.0 only, and from QoS 1 on. Default `false` for `emit`, `true` for `send`.
   */
  requireSubscribers?: boolean;
  /** Messages that may wait while there is no connection; beyond that `OfflineQueueFullError`. Default 10,000. */
  offlineQueue?: number;
  /** Writes whole packets, as with Nest's own transports; takes the place of `codec` for what is sent. */
  serializer?: ProducerSerializer;
  /** Reads replies that come in an envelope, as with Nest's own transports; those with Correlation Data it never sees. */
  deserializer?: ProducerDeserializer;
}

export const CLIENT_OPTIONS: OptionNames<ClientMQTTSharedOptions> = {
  ...CONNECTION_OPTIONS,
  codec: true,
  qos: true,
  leadingSlash: true,
  requireSubscribers: true,
  offlineQueue: true,
  serializer: true,
  deserializer: true,
};

/** @throws InvalidOptionError, InvalidUrlError */
export function validateClientOptions(options: ClientMQTTSharedOptions): void {
  refuseUnknownNames(options, CLIENT_OPTIONS);
  validateConnectionOptions(options);
  const { qos = 1, protocolVersion = 5, leadingSlash, offlineQueue = 0, requireSubscribers } = options;
  oneOf('qos', qos, [0, 1, 2]);
  oneOf('leadingSlash', leadingSlash, ['strip', 'keep']);
  if (!(offlineQueue >= 0)) {
    throw new InvalidOptionError('offlineQueue', 'it is no number from 0 on', 'Give a number of messages.');
  }
  if (requireSubscribers && protocolVersion === 4) {
    const rule = 'a 3.1.1 broker never says that nobody is subscribed';
    throw new InvalidOptionError('requireSubscribers', rule, 'Use `protocolVersion: 5`, or leave it out.');
  }
  if (requireSubscribers && qos === 0) {
    const rule = 'a broker does not answer a message of QoS 0';
    throw new InvalidOptionError('requireSubscribers', rule, 'Use `qos: 1` or 2, or leave it out.');
  }
}
