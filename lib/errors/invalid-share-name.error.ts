import { invalidValueMessage } from './invalid-value.js';
import type { InvalidValue } from './invalid-value.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A group that cannot be the Share Name of a Shared Subscription (MQTT 5.0 section 4.8.2).
 * Thrown where the group is written down, before anything is sent; the message names the place, the group and the rule.
 *
 * @publicApi
 */
export class InvalidShareNameError extends MQTTSharedError {
  readonly code = 'INVALID_SHARE_NAME';

  constructor(invalid: InvalidValue) {
    super(invalidValueMessage('Share Name', invalid));
  }
}
