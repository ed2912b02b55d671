import type { TopicFilter } from '../topic/topic-filter.js';
import type { SharedPatternOptions } from './shared-pattern-options.js';

/** Identifies this transport to Nest: `@SharedPattern` handlers are registered with no other. @publicApi */
export const MQTT_SHARED: unique symbol = Symbol.for('nestjs-mqtt-shared');

/** Where Nest's `extras` of a handler hold what `@SharedPattern` was given. */
export const SHARED_PATTERNS = 'mqttSharedPatterns';

/** One filter of one `@SharedPattern`. */
export interface SharedPatternDefinition {
  /** As registered with Nest. */
  readonly pattern: string;
  /** `JobsController.resize` */
  readonly method: string;
  /** `undefined`: the server's. */
  readonly group: string | undefined;
  readonly filter: TopicFilter;
  readonly options: SharedPatternOptions;
}
