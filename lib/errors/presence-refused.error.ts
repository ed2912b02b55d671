import { describeReasonCode } from '../session/reason-code.js';
import { askForNamesake, type ConnectionLostError } from './connection-lost.error.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker's access rules forbid the presence topic, without which no worker can adopt the session of another; or the
 * connection that asked for it ended, which is how some brokers refuse.
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
    const asked = `${action} the presence topic "${topic}"`;
    super(`The broker at ${address} ${what(asked, reasonCode, cause)} ${ADVICE}`, { cause });
  }
}

const ADVICE =
  'Allow it in the broker’s access rules, choose another with `adoption: { topic }`, or set `adoption: false` and do ' +
  'without the adoption of dead workers’ sessions.';

function what(asked: string, reasonCode: number | undefined, cause: ConnectionLostError | undefined): string {
  const reason = reasonCode === undefined ? undefined : describeReasonCode(reasonCode);
  if (cause === undefined) return `does not let this worker ${asked}: ${reason ?? 'it gives no reason'}.`;
  if (reason !== undefined) return `does not let this worker ${asked}: it ended the connection with ${reason}.`;
  return `ended the connection when this worker asked to ${asked}, and did not say why. ${askForNamesake(cause)} Or does it refuse the topic this way?`;
}
