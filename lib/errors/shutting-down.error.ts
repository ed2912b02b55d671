import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The reason of the `AbortSignal` of handlers that still run when `drainTimeout` has passed.
 *
 * @publicApi
 */
export class ShuttingDownError extends MQTTSharedError {
  readonly code = 'SHUTTING_DOWN';

  constructor(drainTimeout: number) {
    super(
      `The server is closing and its \`drainTimeout\` of ${drainTimeout} ms has passed; ` +
        `the message is not acknowledged and the broker will deliver it again.`,
    );
  }
}
