import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * An option that cannot be right whatever the broker says; thrown by the constructor or the decorator that takes it, and
 * by `listen()` where it takes all handlers to know.
 *
 * @publicApi
 */
export class InvalidOptionError extends MQTTSharedError {
  readonly code = 'INVALID_OPTION';
  readonly #rule: string;
  readonly #fix: string;

  /** `method`: whose option it is, where it is one method's. */
  constructor(
    readonly option: string,
    rule: string,
    fix: string,
    readonly method?: string,
  ) {
    super(`${method === undefined ? '' : `${method}: `}The option \`${option}\` is not valid: ${rule}. ${fix}`);
    this.#rule = rule;
    this.#fix = fix;
  }

  /** The same, said of one method's option. */
  of(method: string): InvalidOptionError {
    return new InvalidOptionError(this.option, this.#rule, this.#fix, method);
  }
}
