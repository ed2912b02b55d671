import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * Two methods have the same group and filter and differ in an option that only one of them can have.
 *
 * @publicApi
 */
export class ConflictingHandlersError extends MQTTSharedError {
  readonly code = 'CONFLICTING_HANDLERS';

  constructor(first: string, second: string, pattern: string, option: string) {
    super(
      `${first} and ${second} both handle "${pattern}", which is one subscription, but their \`${option}\` differs. ` +
        `Give both the same.`,
    );
  }
}
