import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A message has more bytes than `maxPayload`; no handler has seen it.
 *
 * @publicApi
 */
export class PayloadTooLargeError extends MQTTSharedError {
  readonly code = 'PAYLOAD_TOO_LARGE';

  override get permanent(): boolean {
    return true;
  }

  constructor(topic: string, bytes: number, limit: number) {
    super(
      `A message of topic "${topic}" has ${bytes} bytes, and \`maxPayload\` is ${limit}. ` +
        `Raise \`maxPayload\`, or keep what is large elsewhere and send where it is.`,
    );
  }
}
