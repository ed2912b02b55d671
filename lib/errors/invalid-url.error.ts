import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * `url` is not the address of an MQTT broker.
 *
 * @publicApi
 */
export class InvalidUrlError extends MQTTSharedError {
  readonly code = 'INVALID_URL';

  constructor(reason: string) {
    super(`The option \`url\` is not the address of a broker: ${reason}. Write it like mqtt://localhost:1883.`);
  }
}
