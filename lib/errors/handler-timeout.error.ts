import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A handler was not done within its `timeout`; the reason of its `AbortSignal`, and the attempt's failure.
 *
 * @publicApi
 */
export class HandlerTimeoutError extends MQTTSharedError {
  readonly code = 'HANDLER_TIMEOUT';

  constructor(handler: string, topic: string, timeout: number) {
    super(
      `${handler} was not done with a message of topic "${topic}" within ${timeout} ms. ` +
        `Raise its \`timeout\`, or make it end when \`ctx.signal\` is aborted.`,
    );
  }
}
