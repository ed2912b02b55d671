import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The client was closed before this was done. A message that was under way may have reached the broker or not.
 *
 * @publicApi
 */
export class ClientClosedError extends MQTTSharedError {
  readonly code = 'CLIENT_CLOSED';

  constructor(what: string) {
    super(`${what}: the client is closed. Use it before \`close()\`, or make a new one.`);
  }
}
