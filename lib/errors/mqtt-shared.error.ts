/**
 * Base of every error this library raises on purpose.
 *
 * `code` is stable across versions and meant for programs; `message` says what happened, where, and what to do.
 *
 * @publicApi
 */
export abstract class MQTTSharedError extends Error {
  abstract readonly code: string;
  /** Whether handling the same message again must end the same way, so that no further attempt is made. */
  get permanent(): boolean {
    return false;
  }

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
