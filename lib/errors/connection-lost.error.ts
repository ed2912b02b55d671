import { describeReasonCode } from '../session/reason-code.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A connection that was up has ended.
 *
 * @publicApi
 */
export class ConnectionLostError extends MQTTSharedError {
  readonly code = 'CONNECTION_LOST';

  constructor(
    readonly address: string,
    readonly clientId: string,
    readonly reasonCode: number | undefined,
    cause?: Error,
  ) {
    super(`Lost the connection of client "${clientId}" to the broker at ${address}: ${why(reasonCode, cause)}.`, {
      cause,
    });
  }
}

/** What else may have ended a connection that was expected to end otherwise, as a further sentence; the broker may have said. */
export function sameClientIdentifier({ clientId, reasonCode }: ConnectionLostError): string {
  if (reasonCode !== undefined) return '';
  return ` Or another process has connected as "${clientId}": each needs a \`clientId\` of its own.`;
}

const SESSION_TAKEN_OVER = 0x8e;

function why(reasonCode: number | undefined, cause: Error | undefined): string {
  if (reasonCode === SESSION_TAKEN_OVER) {
    return 'another client connected with the same Client Identifier; give each instance its own `clientId`';
  }
  if (reasonCode !== undefined) return `the broker ended it with ${describeReasonCode(reasonCode)}`;
  return cause?.message || 'the network connection was closed';
}
