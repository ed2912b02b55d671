import type { OrderBy } from '../delivery/order-by.js';
import type { OnErrorOptions } from '../failure/on-error-options.js';
import type { Codec } from '../payload/codec.js';
import type { OptionNames } from '../option-names.js';
import type { QoS } from '../session/wire.js';

/**
 * What one pattern does differently from its server; what is left out is as the server has it.
 *
 * @publicApi
 */
export interface SharedPatternOptions {
  /** Maximum QoS asked of the broker for this filter. Default 1. */
  qos?: QoS;
  /** How many messages of this pattern run at once on a connection, where that is less than the connection's. */
  concurrency?: number;
  /** Milliseconds after which `ctx.signal` is aborted and the attempt has failed. Default: no bound. */
  timeout?: number;
  /** Messages of one key run one after another in this worker. Default: no order among running messages. */
  orderBy?: OrderBy;
  /** `'manual'`: the message is acknowledged by `ctx.ack()` and not by the method's end. Default `'auto'`. */
  ack?: 'auto' | 'manual';
  codec?: Codec;
  onError?: OnErrorOptions;
}

export const SHARED_PATTERN_OPTIONS: OptionNames<SharedPatternOptions> = {
  qos: true,
  concurrency: true,
  timeout: true,
  orderBy: true,
  ack: true,
  codec: true,
  onError: true,
};
