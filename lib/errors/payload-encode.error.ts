import { MQTTSharedError } from './mqtt-shared.error.js';
import { reasonOf } from './reason-of.js';

/**
 * A value that the codec cannot write: under the built-in codecs a BigInt, a function, a symbol, or an object that
 * contains itself.
 *
 * @publicApi
 */
export class PayloadEncodeError extends MQTTSharedError {
  readonly code = 'PAYLOAD_ENCODE';

  constructor(value: unknown, cause?: unknown) {
    const why = cause === undefined ? `JSON has no form for a ${typeof value}` : reasonOf(cause);
    super(`A value cannot be encoded: ${why}. Convert it first, or give a \`codec\` of your own that can.`, { cause });
  }
}
