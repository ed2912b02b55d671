/**
 * Where `IdempotencyInterceptor` records what has run. A `Keyv` is one, and so is whatever else has these two methods.
 * Both must reject when the store cannot be asked: an answer of "nothing there" lets the handler run.
 *
 * @publicApi
 */
export interface IdempotencyStore {
  /** Resolves with what was set under `key`; with `undefined` or `null` when nothing was, or its time is over. */
  get(key: string): Promise<unknown>;
  /** Resolves when the value is kept for `ttl` ms; with `false`, or rejects, when it is not. */
  set(key: string, value: string, ttl: number): Promise<unknown>;
}
