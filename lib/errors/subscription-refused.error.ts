import { describeReasonCode } from '../session/reason-code.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker answered a SUBSCRIBE with a Reason Code of failure (MQTT 5.0 section 3.9.3, 3.1.1: 0x80).
 *
 * @publicApi
 */
export class SubscriptionRefusedError extends MQTTSharedError {
  readonly code = 'SUBSCRIPTION_REFUSED';

  constructor(
    readonly address: string,
    readonly filter: string,
    readonly methods: string,
    readonly reasonCode: number,
  ) {
    super(
      `The broker at ${address} refused the subscription "${filter}" of ${methods} with ` +
        `${describeReasonCode(reasonCode)}. ${advice(filter, reasonCode)}`,
    );
  }
}

function advice(filter: string, reasonCode: number): string {
  switch (reasonCode) {
    case 0x87:
      return `Allow this user to subscribe to "${filter}" in the broker’s access rules.`;
    case 0x8f:
      return 'Check the filter against what the broker allows.';
    case 0x97:
      return 'The broker allows this client no more subscriptions.';
    case 0x9e:
      return 'This broker has no shared subscriptions, or they are switched off.';
    case 0xa2:
      return 'This broker has no wildcard subscriptions; subscribe without `+` and `#`.';
    default:
      return 'Check the broker’s access rules and its log, and whether it has shared subscriptions.';
  }
}
