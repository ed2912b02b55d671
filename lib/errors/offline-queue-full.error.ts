import { MQTTSharedError } from './mqtt-shared.error.js';
import { quoted } from './quoted.js';

/**
 * There is no connection, and as many messages wait for one as `offlineQueue` allows. The message was not queued.
 *
 * @publicApi
 */
export class OfflineQueueFullError extends MQTTSharedError {
  readonly code = 'OFFLINE_QUEUE_FULL';

  constructor(
    readonly topic: string,
    readonly offlineQueue: number,
  ) {
    super(
      `A message to ${quoted(topic)} was not queued: there is no connection to the broker, and ${offlineQueue} messages wait for one already. ` +
        'Publish it again later, or raise `offlineQueue`.',
    );
  }
}
