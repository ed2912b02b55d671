import type { MQTTSharedContext } from '../context/mqtt-shared.context.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { type OptionNames, refuseUnknownNames } from '../option-names.js';
import { wholeNumber } from '../whole-number.js';
import type { IdempotencyStore } from './idempotency-store.js';

/** Injects the options of an `IdempotencyInterceptor` that Nest makes. @publicApi */
export const IDEMPOTENCY_OPTIONS: unique symbol = Symbol.for('nestjs-mqtt-shared:idempotency-options');

/** What stands for a message: a string or bytes that are not empty, or a finite number. @publicApi */
export type MessageId = string | number | Uint8Array;

/**
 * Where a message's id is: a User Property, the Correlation Data (with the Response Topic, within which it is unique),
 * or what a function finds. The function gets the payload before any pipe has looked at it, so anything may be in it;
 * a message for which it throws has failed.
 *
 * @publicApi
 */
export type MessageIdSource<T = unknown> =
  | { readonly userProperty: string }
  | 'correlation-data'
  | ((payload: T, context: MQTTSharedContext) => MessageId | undefined);

/**
 * Options of `IdempotencyInterceptor`.
 *
 * @publicApi
 */
export interface IdempotencyOptions<T = unknown> {
  /** All workers of a group need the same one. */
  store: IdempotencyStore;
  /** Milliseconds for which an id is remembered after its message has run. Default one day, 86,400,000. */
  window?: number;
  /** Default `{ userProperty: 'message-id' }`. */
  id?: MessageIdSource<T>;
  /** What becomes of a message without an id: it fails (default), or it runs, each time that it comes. */
  withoutId?: 'fail' | 'run';
}

const NAMES: OptionNames<IdempotencyOptions> = { store: true, window: true, id: true, withoutId: true };

export const DEFAULT_WINDOW = 86_400_000;
export const DEFAULT_ID = { userProperty: 'message-id' } as const;

/** @throws InvalidOptionError */
export function validateIdempotencyOptions<T>(options: IdempotencyOptions<T>): void {
  const { store, window } = options;
  refuseUnknownNames(options, NAMES);
  wholeNumber('window', window, 1);
  if (typeof (store as Partial<IdempotencyStore> | undefined)?.get !== 'function') {
    throw new InvalidOptionError('store', 'it has no `get`', 'Give a Keyv, or whatever has `get` and `set` as it has.');
  }
  const { store: adapter } = store as { store?: unknown };
  if (adapter instanceof Map) return; // memory cannot be out of reach
  refuseSilence(store);
  // Some adapters, Redis' among them, have the same switch once more.
  refuseSilence(adapter);
}

/** By default a Keyv that cannot be reached says of every key that nothing is there, and its handler would run. */
function refuseSilence(store: unknown): void {
  const { throwOnErrors } = (store ?? {}) as { throwOnErrors?: unknown };
  if (throwOnErrors !== false) return;
  throw new InvalidOptionError(
    'store',
    'it keeps its errors to itself, so that everything would run again while it cannot be reached',
    'Give Keyv, and its adapter where that has the option too, `throwOnErrors: true`.',
  );
}
