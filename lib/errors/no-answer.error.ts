import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker did not answer a request in time.
 *
 * @publicApi
 */
export class NoAnswerError extends MQTTSharedError {
  readonly code = 'NO_ANSWER';

  constructor(address: string, clientId: string, packet: string, timeout: number) {
    super(
      `The broker at ${address} did not answer the ${packet} of client "${clientId}" within ${timeout} ms. ` +
        `It may be overloaded; \`connectTimeout\` is how long to wait.`,
    );
  }
}
