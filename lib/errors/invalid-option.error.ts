import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * An option that cannot be right whatever the broker says; thrown by the constructor that takes it.
 *
 * @publicApi
 */
export class InvalidOptionError extends MQTTSharedError {
  readonly code = 'INVALID_OPTION';

  constructor(
    readonly option: string,
    rule: string,
    fix: string,
  ) {
    super(`The option \`${option}\` is not valid: ${rule}. ${fix}`);
  }
}
