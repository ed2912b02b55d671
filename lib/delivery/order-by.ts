import type { PublishProperties } from '../session/wire.js';

/**
 * What a message is ordered by. `data` is decoded when it is asked for; it throws where an asynchronous `deserializer`
 * would have to read it.
 *
 * @publicApi
 */
export interface OrderByMessage {
  readonly topic: string;
  /** The named levels of the filter. */
  readonly params: Readonly<Record<string, string>>;
  readonly data: unknown;
  readonly properties: PublishProperties | undefined;
}

/**
 * `'topic'`, or a function that gives a message's key. A message for which it throws has failed.
 *
 * @publicApi
 */
export type OrderBy = 'topic' | ((message: OrderByMessage) => string);
