import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A fault of the embedded broker was asked for a client that it does not have.
 *
 * @publicApi
 */
export class UnknownClientError extends MQTTSharedError {
  override readonly code = 'UNKNOWN_CLIENT';

  constructor(
    readonly clientId: string,
    method: string,
    state: 'is connected' | 'has a session',
  ) {
    super(
      `EmbeddedBroker.${method}: no client with the id "${clientId}" ${state}. ` +
        'Look at broker.clients, or wait for the broker\'s "connect" event first.',
    );
  }
}
