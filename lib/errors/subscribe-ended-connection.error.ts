import { askForNamesake, type ConnectionLostError } from './connection-lost.error.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The connection ended before the broker had answered SUBSCRIBE, which is how some brokers refuse a filter: they treat
 * it as malformed (MQTT 5.0 section 4.13, [MQTT-4.13.1-1]), whatever rule of their own it breaks.
 *
 * @publicApi
 */
export class SubscribeEndedConnectionError extends MQTTSharedError {
  readonly code = 'SUBSCRIBE_ENDED_CONNECTION';

  constructor(
    readonly filters: readonly string[],
    readonly methods: readonly string[],
    override readonly cause: ConnectionLostError,
  ) {
    const asked = `${filters.map((filter) => `"${filter}"`).join(', ')} of ${methods.join(', ')}`;
    const namesake = cause.reasonCode === undefined ? ` ${askForNamesake(cause)}` : '';
    super(
      `${cause.message} It had been asked for ${asked}, and had not answered.${namesake} Some brokers refuse a filter this ` +
        'way: see what they allow (length, number of levels, access rules), and what the log of the broker says.',
      { cause },
    );
  }
}
