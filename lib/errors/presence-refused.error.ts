import { describeReasonCode } from '../session/reason-code.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker's access rules forbid the presence topic, without which no worker can adopt the session of another.
 *
 * @publicApi
 */
export class PresenceRefusedError extends MQTTSharedError {
  readonly code = 'PRESENCE_REFUSED';

  constructor(
    readonly address: string,
    topic: string,
    action: 'publish to' | 'subscribe to',
    readonly reasonCode: number,
  ) {
    super(
      `The broker at ${address} does not let this worker ${action} the presence topic "${topic}": ` +
        `${describeReasonCode(reasonCode)}. Allow it in the broker’s access rules, choose another with ` +
        '`adoption: { topic }`, or set `adoption: false` and do without the adoption of dead workers’ sessions.',
    );
  }
}
