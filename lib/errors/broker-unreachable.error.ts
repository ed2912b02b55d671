import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * No MQTT connection came about: nothing listens there, the name is unknown, TLS failed, or no CONNACK came in time.
 *
 * @publicApi
 */
export class BrokerUnreachableError extends MQTTSharedError {
  readonly code = 'BROKER_UNREACHABLE';

  constructor(
    readonly address: string,
    cause: Error,
  ) {
    super(`Could not connect to the broker at ${address}: ${describe(cause)}. ${advice(cause)}`, { cause });
  }
}

function describe(cause: Error): string {
  return cause.message || systemCode(cause) || cause.name;
}

function advice(cause: Error): string {
  switch (systemCode(cause)) {
    case 'ECONNREFUSED':
      return 'Is the broker running, and is the port right?';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'Is the host name in `url` right?';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'Give the certificate of the authority that signed the broker’s as `ca`.';
    default:
      return 'Check `url`, the protocol in it (mqtt, mqtts, ws, wss), and that an MQTT broker answers there within `connectTimeout`.';
  }
}

function systemCode(cause: Error): string | undefined {
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}
