import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A handler with `ack: 'manual'` under `IdempotencyInterceptor`, which takes the end of the method for its success; it
 * was not called.
 *
 * @publicApi
 */
export class ManualAcknowledgementError extends MQTTSharedError {
  readonly code = 'MANUAL_ACKNOWLEDGEMENT';

  override get permanent(): boolean {
    return true;
  }

  constructor(handler: string) {
    super(
      `${handler} has \`ack: 'manual'\`, so its end does not tell whether its message is done, and IdempotencyInterceptor ` +
        'would record what may still fail. Take the interceptor off it, or let its end acknowledge.',
    );
  }
}
