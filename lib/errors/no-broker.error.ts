import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * None of several addresses in `url` took the connection; `errors` has the reason of each, in the order of trying.
 *
 * @publicApi
 */
export class NoBrokerError extends MQTTSharedError {
  readonly code = 'NO_BROKER';

  constructor(
    clientId: string,
    readonly errors: readonly Error[],
  ) {
    super(
      `None of the ${errors.length} addresses in \`url\` took the connection of client "${clientId}".\n` +
        errors.map(({ message }, index) => `${index + 1}. ${message}`).join('\n'),
      { cause: errors[0] },
    );
  }
}
