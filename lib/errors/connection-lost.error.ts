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

/** What is to be asked first where a connection ended and the broker did not say why: Mosquitto, for one, never does. */
export function askForNamesake({ clientId }: ConnectionLostError): string {
  return `Is another process connected as "${clientId}"? Each needs a \`clientId\` of its own.`;
}

const SESSION_TAKEN_OVER = 0x8e;

function why(reasonCode: number | undefined, cause: Error | undefined): string {
  if (reasonCode === SESSION_TAKEN_OVER) {
    return 'another client connected with the same Client Identifier; give each instance its own `clientId`';
  }
  if (reasonCode !== undefined) return `the broker ended it with ${describeReasonCode(reasonCode)}`;
  return cause?.message || 'the network connection was closed';
}
