import { MQTTSharedError } from './mqtt-shared.error.js';
import { quoted } from './quoted.js';

/**
 * A message without the id by which `IdempotencyInterceptor` would know it again; its handler was not called.
 *
 * @publicApi
 */
export class MissingMessageIdError extends MQTTSharedError {
  readonly code = 'MISSING_MESSAGE_ID';

  override get permanent(): boolean {
    return true;
  }

  constructor(handler: string, topic: string, source: string) {
    super(
      `${handler}: the message on ${quoted(topic)} has no id in ${source}, so it was not run. Let the publisher give ` +
        'each message one id there, or set the option `id` to where it is (MQTT 3.1.1 has no properties: use a ' +
        "function), or `withoutId: 'run'` to run such messages unprotected.",
    );
  }
}
