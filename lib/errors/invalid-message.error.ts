import { MQTTSharedError } from './mqtt-shared.error.js';
import { quoted } from './quoted.js';

/**
 * A message that MQTT has no form for, such as a User Property that is a number. Raised before anything is sent.
 *
 * @publicApi
 */
export class InvalidMessageError extends MQTTSharedError {
  readonly code = 'INVALID_MESSAGE';

  constructor(
    readonly topic: string,
    rule: string,
    fix: string,
  ) {
    super(`A message to ${quoted(topic)} cannot be published: ${rule}. ${fix}`);
  }
}
