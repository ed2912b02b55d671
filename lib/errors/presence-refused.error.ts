import { describeReasonCode } from '../session/reason-code.js';
import { type ConnectionLostError, sameClientIdentifier } from './connection-lost.error.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker's access rules forbid the presence topic, without which no worker can adopt the session of another; or it
 * ended the connection that asked for it without a word, which is how some brokers refuse.
 *
 * @publicApi
 */
export class PresenceRefusedError extends MQTTSharedError {
  readonly code = 'PRESENCE_REFUSED';

  constructor(
    readonly address: string,
    topic: string,
    action: 'publish to' | 'subscribe to',
    /** `undefined` where the connection ended without one. */
    readonly reasonCode: number | undefined,
    cause?: ConnectionLostError,
  ) {
    super(
      `The broker at ${address} does not let this worker ${action} the presence topic "${topic}": ` +
        `${answer(reasonCode, cause)}. Allow it in the broker’s access rules, choose another with ` +
        '`adoption: { topic }`, or set `adoption: false` and do without the adoption of dead workers’ sessions.' +
        (cause === undefined ? '' : sameClientIdentifier(cause)),
      { cause },
    );
  }
}

function answer(reasonCode: number | undefined, cause: ConnectionLostError | undefined): string {
  const reason = reasonCode === undefined ? undefined : describeReasonCode(reasonCode);
  if (cause === undefined) return reason ?? 'it gives no reason';
  return `it ended the connection when it was asked${reason === undefined ? '' : `, with ${reason}`}`;
}
