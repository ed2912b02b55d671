import { invalidValueMessage } from './invalid-value.js';
import type { InvalidValue } from './invalid-value.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A Topic Filter that no broker has to accept, or whose level names are not usable (MQTT 5.0 section 4.7).
 * Thrown where the filter is written down, before anything is sent; the message names the place, the filter and the rule.
 *
 * @publicApi
 */
export class InvalidTopicFilterError extends MQTTSharedError {
  readonly code = 'INVALID_TOPIC_FILTER';

  constructor(invalid: InvalidValue) {
    super(invalidValueMessage('Topic Filter', invalid));
  }
}
