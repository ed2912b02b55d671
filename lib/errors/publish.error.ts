import { describeReasonCode } from '../session/reason-code.js';
import { MQTTSharedError } from './mqtt-shared.error.js';
import { quoted } from './quoted.js';

/**
 * A message was not taken: the broker refused it, or what the broker announced forbids sending it, or, at QoS 0, the
 * connection ended before it was written.
 *
 * @publicApi
 */
export class PublishError extends MQTTSharedError {
  readonly code = 'PUBLISH';

  constructor(
    /** The broker's, as it may be shown. */
    readonly address: string,
    readonly topic: string,
    /** Reason Code (MQTT 5.0 section 2.4), from the broker or the one it would have given; absent where there is none. */
    readonly reasonCode: number | undefined,
    failure: { readonly what: string; readonly fix: string; readonly cause?: Error },
  ) {
    const reason = reasonCode === undefined ? '' : `, ${describeReasonCode(reasonCode)}`;
    const what = `A message to ${quoted(topic)} was not published at ${address}: ${failure.what}${reason}.`;
    super(`${what} ${failure.fix}`, { cause: failure.cause });
  }
}
