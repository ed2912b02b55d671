import { invalidValueMessage } from './invalid-value.js';
import type { InvalidValue } from './invalid-value.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A Topic Name that cannot be published to (MQTT 5.0 sections 3.3.2.1 and 4.7).
 * Raised before anything is sent; the message names the place, the topic and the rule.
 *
 * @publicApi
 */
export class InvalidTopicNameError extends MQTTSharedError {
  readonly code = 'INVALID_TOPIC_NAME';

  constructor(invalid: InvalidValue) {
    super(invalidValueMessage('Topic Name', invalid));
  }
}
