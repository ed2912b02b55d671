import type { ConsumerDeserializer, ConsumerSerializer } from '@nestjs/microservices';
import { LONGEST_TIMER } from '../backoff.js';
import { type BrokerOption, validateBrokerOption } from '../broker/broker-option.js';
import type { SharedPatternOptions } from '../decorators/shared-pattern-options.js';
import { validatePatternOptions } from '../decorators/validate-pattern-options.js';
import type { AckOrder } from '../delivery/ack-queue.js';
import type { StartReportMode } from '../observability/start-report.js';
import { CONNECTION_OPTIONS, type ConnectionOptions } from '../session/connection-options.js';
import { validateConnectionOptions } from '../session/validate-connection-options.js';
import { validateShareName } from '../topic/share-name.js';
import { type AdoptionSettings, adoptionSettings } from './adoption-options.js';
import { type ConnectionsOption, validateConnections } from './connections-option.js';
import { oneOf } from '../one-of.js';
import { type OptionNames, refuseUnknownNames } from '../option-names.js';
import { wholeNumber } from '../whole-number.js';

/**
 * Options of `ServerMQTTShared`. Those it shares with `@SharedPattern` count for every pattern that has none of its own.
 *
 * @publicApi
 */
export interface MQTTSharedServerOptions
  extends ConnectionOptions, Pick<SharedPatternOptions, 'qos' | 'timeout' | 'orderBy' | 'codec' | 'onError'> {
  /**
   * Which broker it is, where brokers differ in what they do with shared subscriptions: `'auto'` (default) recognises
   * Mosquitto, HiveMQ CE, ActiveMQ Artemis and NanoMQ with their usual settings by a short connection of MQTT 5.0 at
   * start; else its name, or what `npx nestjs-mqtt-shared doctor <url> --json` prints. One that is not recognised is
   * treated like Mosquitto, which leaves nothing to the broker.
   */
  broker?: BrokerOption;
  /** Share Name of `@SharedPattern(filter)`, which names none. */
  group?: string;
  /** Messages that run at once on one connection. Default 16. */
  concurrency?: number;
  /**
   * Unacknowledged messages of one connection: announced as Receive Maximum on 5.0 (section 3.1.2.11.3), and where the
   * broker does not keep to it, or cannot on 3.1.1, reading pauses there. Default twice `concurrency`.
   */
  receiveMaximum?: number;
  /**
   * `'arrival'` (default): acknowledgements leave in the order of arrival ([MQTT-4.6.0-2], [MQTT-4.6.0-3]), so the
   * oldest message that runs holds those behind it. `'completion'`: as handlers finish, for brokers that allow it.
   */
  ackOrder?: AckOrder;
  /** Connections of each group, or of the groups that are named (1 for the others). Default 1. */
  connections?: ConnectionsOption;
  /** Bytes of payload above which a message is not handled but fails. Default 16 MiB. */
  maxPayload?: number;
  /** Accept a QoS below the one asked for. Default false: `listen()` fails. */
  allowDowngrade?: boolean;
  /** `'strip'` (default): filters lose their leading slashes, as `ClientMQTTShared` takes them from topics. */
  leadingSlash?: 'strip' | 'keep';
  /** Session Expiry Interval in seconds, on 5.0 (section 3.1.2.11.2). Default 3,600. */
  sessionExpiry?: number;
  /**
   * Whether this worker adopts the sessions of dead workers of its groups, and lets them adopt its own: on Mosquitto and
   * NanoMQ nobody else gets their messages. Default true. Without it, and without a `clientId` to come back under, the
   * session is clean, and what a worker holds is lost there when it dies.
   */
  adoption?: boolean | AdoptionSettings;
  /**
   * Milliseconds after which a message left for redelivery makes its connection be renewed; where such messages fill
   * half the window, at once. From one renewal to the next it is 100 ms at the least, whatever the value. Default 30,000.
   */
  redeliverAfter?: number;
  /** Reads what `codec` has decoded, in place of the search for Nest's envelope, as with Nest's own transports. */
  deserializer?: ConsumerDeserializer;
  /** Writes replies that go in an envelope, as with Nest's own transports; those to a Response Topic it never sees. */
  serializer?: ConsumerSerializer;
  /** Milliseconds that `close()` waits for what runs and for what the session still holds. Default 30,000. */
  drainTimeout?: number;
  /**
   * What is logged when `listen()` has succeeded. `'full'` (default): each method with its filter, connections and
   * failure policy, what the broker announced, and warnings of what costs messages; `'warnings'`: those only; `'off'`:
   * nothing. The event `listening` and `server.startReport` have all of it in any case.
   */
  startReport?: StartReportMode;
}

export const SERVER_OPTIONS: OptionNames<MQTTSharedServerOptions> = {
  ...CONNECTION_OPTIONS,
  broker: true,
  group: true,
  qos: true,
  allowDowngrade: true,
  concurrency: true,
  receiveMaximum: true,
  connections: true,
  ackOrder: true,
  orderBy: true,
  timeout: true,
  codec: true,
  maxPayload: true,
  onError: true,
  redeliverAfter: true,
  adoption: true,
  sessionExpiry: true,
  drainTimeout: true,
  leadingSlash: true,
  startReport: true,
  serializer: true,
  deserializer: true,
};

export const DEFAULT_CONCURRENCY = 16;
export const DEFAULT_MAX_PAYLOAD = 16 * 1024 * 1024;
export const DEFAULT_SESSION_EXPIRY = 3_600;
export const DEFAULT_REDELIVER_AFTER = 30_000;
export const DEFAULT_DRAIN_TIMEOUT = 30_000;

const RECEIVE_MAXIMUM_LIMIT = 65_535;

/** @throws InvalidOptionError, InvalidUrlError, InvalidShareNameError */
export function validateServerOptions(options: MQTTSharedServerOptions): void {
  refuseUnknownNames(options, SERVER_OPTIONS);
  validateConnectionOptions(options);
  if (options.group !== undefined) validateShareName(options.group, { where: 'the option `group`' });
  validatePatternOptions(options);
  oneOf('ackOrder', options.ackOrder, ['arrival', 'completion']);
  oneOf('leadingSlash', options.leadingSlash, ['strip', 'keep']);
  oneOf('startReport', options.startReport, ['full', 'warnings', 'off']);
  wholeNumber('receiveMaximum', options.receiveMaximum, 1, RECEIVE_MAXIMUM_LIMIT);
  wholeNumber('maxPayload', options.maxPayload, 0);
  wholeNumber('sessionExpiry', options.sessionExpiry, 0, 0xffff_ffff);
  wholeNumber('redeliverAfter', options.redeliverAfter, 0, LONGEST_TIMER);
  wholeNumber('drainTimeout', options.drainTimeout, 0, LONGEST_TIMER);
  adoptionSettings(options.adoption);
  validateBrokerOption(options.broker);
  validateConnections(options.connections);
}
