import { MQTTSharedError } from './mqtt-shared.error.js';
import { quoted } from './quoted.js';
import { reasonOf } from './reason-of.js';

const WHAT = {
  get: 'could not say whether it ran before, so it was not run',
  set: 'did not take the record that it has run, so another worker may run it again',
};

/**
 * The store of `IdempotencyInterceptor` failed, and with it the message. Requesters are told of an internal error only.
 *
 * @publicApi
 */
export class IdempotencyStoreError extends MQTTSharedError {
  readonly code = 'IDEMPOTENCY_STORE';

  constructor(
    readonly operation: 'get' | 'set',
    handler: string,
    topic: string,
    cause: unknown,
  ) {
    super(
      `${handler}: a message on ${quoted(topic)} failed because the idempotency store ${WHAT[operation]}: ` +
        `${reasonOf(cause)}. See to the store.`,
      { cause },
    );
  }
}
