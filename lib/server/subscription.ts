import type { MessageHandler } from '@nestjs/microservices';
import type { SharedPatternOptions } from '../decorators/shared-pattern-options.js';
import type { QoS } from '../session/wire.js';
import type { TopicFilter } from '../topic/topic-filter.js';

/** A controller method that Nest has registered. */
export interface RegisteredHandler {
  /** `JobsController.resize`, or how a plain pattern was written. */
  readonly name: string;
  readonly callback: MessageHandler;
  /** With this method's names for the levels. */
  readonly filter: TopicFilter;
  /** Whether leading slashes were taken from what was written. */
  readonly wasStripped: boolean;
  readonly options: SharedPatternOptions;
}

/** One subscription on the wire and the methods behind it. */
export interface Subscription {
  /** As it goes over the wire, `$share/workers/jobs/#`. */
  readonly pattern: string;
  /** Share Name; `undefined` for a plain subscription. */
  readonly group: string | undefined;
  readonly filter: TopicFilter;
  readonly qos: QoS;
  readonly handlers: readonly RegisteredHandler[];
}

/** The methods behind a subscription, for errors and logs. */
export function methodsOf({ handlers }: Subscription): string {
  return handlers.map(({ name }) => name).join(' and ');
}
