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
      return 'Set `protocolVersion: 4` for a broker that speaks MQTT 3.1.1 only, `5` for one of 5.0.';
    case 2:
    case 0x85:
      return 'Set `clientId` to one that this broker accepts.';
    case 3:
    case 0x88:
    case 0x89:
    case 0x97:
    case 0x9f:
      return 'Try again when it takes connections again: it may be overloaded, starting, or limit their number or rate.';
    case 4:
    case 5:
    case 0x86:
    case 0x87:
      return 'Check `username` and `password`, and that the broker lets this user connect.';
    case 0x8a:
      return 'It has banned this client; its log should say why.';
    case 0x8c:
      return 'It wants enhanced authentication, which this transport does not have; let it take a password or a certificate.';
    case 0x90:
    case 0x9a:
    case 0x9b:
      return 'It does not take the retained will by which workers announce themselves: set `adoption: false`, or allow it.';
    case 0x9c:
    case 0x9d:
      return 'Set `url` to the server that it refers to.';
    default:
      return 'The broker’s log should say why.';
  }
}
