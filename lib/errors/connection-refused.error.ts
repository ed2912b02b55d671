import { describeReasonCode } from '../session/reason-code.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker answered CONNECT with a Reason Code (5.0) or return code (3.1.1) other than success.
 *
 * @publicApi
 */
export class ConnectionRefusedError extends MQTTSharedError {
  readonly code = 'CONNECTION_REFUSED';

  constructor(
    readonly address: string,
    readonly clientId: string,
    readonly reasonCode: number,
    cause?: Error,
  ) {
    super(
      `The broker at ${address} refused the connection of client "${clientId}" with ${describeReasonCode(reasonCode)}. ${advice(reasonCode)}`,
      { cause },
    );
  }
}

function advice(reasonCode: number): string {
  switch (reasonCode) {
    case 1:
    case 0x84:
      return 'Set `protocolVersion: 4` for a broker that speaks MQTT 3.1.1 only.';
    case 2:
    case 0x85:
      return 'Set `clientId` to one that this broker accepts.';
    case 4:
    case 5:
    case 0x86:
    case 0x87:
      return 'Check `username` and `password`, and that the broker lets this user connect.';
    default:
      return 'The broker’s log should say why.';
  }
}
