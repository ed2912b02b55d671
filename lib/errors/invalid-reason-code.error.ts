import { inspect } from 'node:util';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A message was to be rejected with a Reason Code that means no failure (MQTT 5.0 section 2.4).
 *
 * @publicApi
 */
export class InvalidReasonCodeError extends MQTTSharedError {
  readonly code = 'INVALID_REASON_CODE';

  constructor(reasonCode: unknown) {
    super(
      `${inspect(reasonCode)} is no Reason Code with which a message can be rejected. ` +
        'Use a whole number from 0x80 to 0xff, such as 0x83 (Implementation specific error).',
    );
  }
}
