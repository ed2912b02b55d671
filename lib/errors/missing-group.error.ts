import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * A `@SharedPattern` without a group, on a server without one.
 *
 * @publicApi
 */
export class MissingGroupError extends MQTTSharedError {
  readonly code = 'MISSING_GROUP';

  constructor(method: string, filter: string) {
    super(
      `${method} has @SharedPattern('${filter}') without a group, and the server has no \`group\` option. ` +
        `Set \`group\` in the options of ServerMQTTShared, or write @SharedPattern('<group>', '${filter}').`,
    );
  }
}
