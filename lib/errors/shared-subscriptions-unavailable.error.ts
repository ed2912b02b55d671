import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker announced in CONNACK that it has no shared subscriptions (MQTT 5.0 section 3.2.2.3.13).
 *
 * @publicApi
 */
export class SharedSubscriptionsUnavailableError extends MQTTSharedError {
  readonly code = 'SHARED_SUBSCRIPTIONS_UNAVAILABLE';

  constructor(address: string, group: string) {
    super(
      `The broker at ${address} says that it has no shared subscriptions, which group "${group}" needs. ` +
        `Switch them on in the broker’s configuration, or use a broker that has them.`,
    );
  }
}
