import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * Something was asked for that exists only while there is a connection.
 *
 * @publicApi
 */
export class NotConnectedError extends MQTTSharedError {
  readonly code = 'NOT_CONNECTED';

  constructor(what: string) {
    super(`${what}: there is no connection. Wait for \`connect()\`, or for the "connected" of \`status\`.`);
  }
}
