import type { QoS } from '../session/wire.js';
import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker granted a lower QoS than a handler asks for, with which messages can be lost (QoS 0) or come twice (QoS 1).
 *
 * @publicApi
 */
export class QoSDowngradedError extends MQTTSharedError {
  readonly code = 'QOS_DOWNGRADED';

  constructor(address: string, filter: string, methods: string, asked: QoS, granted: number) {
    super(
      `The broker at ${address} granted QoS ${granted} for "${filter}" of ${methods}, which asks for QoS ${asked}. ` +
        `Ask for \`qos: ${granted}\` there, or set \`allowDowngrade: true\` to accept what the broker grants.`,
    );
  }
}
