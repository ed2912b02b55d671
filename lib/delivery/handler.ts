import type { FailurePolicy } from '../failure/failure-policy.js';
import type { InboundPublish } from '../session/wire.js';
import type { TopicFilter } from '../topic/topic-filter.js';
import type { Attempt } from './attempt.js';
import type { Delivery } from './delivery.js';

/** One method that handles messages. */
export interface Handler {
  /** `JobsController.resize`, for logs. */
  readonly name: string;
  readonly ack: 'auto' | 'manual';
  /** Milliseconds; `undefined` for no bound. */
  readonly timeout: number | undefined;
  /**
   * Resolves when the method is done with the message, or with an Observable at whose end it is; rejects when it failed.
   * Does not throw.
   */
  handle(attempt: Attempt): Promise<unknown>;
}

/** Where the messages of one subscription go. */
export interface Route {
  /** As subscribed, `$share/workers/jobs/#`. */
  readonly pattern: string;
  /** Share Name; `undefined` for a plain subscription. */
  readonly group: string | undefined;
  readonly filter: TopicFilter;
  /** Every one of them has to be done before the message is. */
  readonly handlers: readonly Handler[];
  /** Messages of this pattern that run at once; `undefined` for no limit below the connection's. */
  readonly concurrency: number | undefined;
  /** Messages with the same key run one after another. */
  readonly orderBy: ((delivery: Delivery) => string) | undefined;
  readonly failure: FailurePolicy;
  /** The message as handlers get it; called at most once for a message, and may throw. */
  decode(packet: InboundPublish): unknown;
}
