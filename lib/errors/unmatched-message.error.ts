import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker sent a message that no filter of its connection matches.
 *
 * @publicApi
 */
export class UnmatchedMessageError extends MQTTSharedError {
  readonly code = 'UNMATCHED_MESSAGE';

  override get permanent(): boolean {
    return true;
  }

  constructor(topic: string, clientId: string) {
    super(
      `No handler on the connection of client "${clientId}" has a filter that matches topic "${topic}". ` +
        `Its session may have a subscription of an earlier version of this application.`,
    );
  }
}
