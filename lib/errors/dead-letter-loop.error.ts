import { MQTTSharedError } from './mqtt-shared.error.js';
import { quoted } from './quoted.js';

/**
 * A dead letter would come back to the group whose worker gave it up.
 *
 * @publicApi
 */
export class DeadLetterLoopError extends MQTTSharedError {
  readonly code = 'DEAD_LETTER_LOOP';

  constructor(template: string, group: string | undefined, filter: string) {
    const whose = group === undefined ? 'the plain subscription' : `group "${group}", filter`;
    super(
      `Dead letters to ${quoted(template)} would be delivered to ${whose} ${quoted(filter)} again. ` +
        'Set `onError.deadLetterTopic` to a topic that no filter of the group matches.',
    );
  }
}
