import { attemptOf, type MQTTSharedContext } from '../context/mqtt-shared.context.js';
import type { MessageIdSource } from './idempotency-options.js';

/** The id of a message as bytes; `undefined` when it has none. Throws what a function of the user's throws. */
export function findMessageId<T>(
  source: MessageIdSource<T>,
  payload: T,
  context: MQTTSharedContext,
): Uint8Array | undefined {
  if (typeof source === 'function') return bytesOf(source(payload, context));
  const { properties } = attemptOf(context).delivery.packet;
  if (source !== 'correlation-data') return bytesOf(properties?.userProperties?.[source.userProperty]);
  const { correlationData, responseTopic = '' } = properties ?? {};
  if (correlationData === undefined || correlationData.length === 0) return undefined;
  // Requesters number their requests as they like: Correlation Data means nothing without whom it was meant for.
  return Buffer.concat([Buffer.from(`${responseTopic}\0`), correlationData]);
}

/** Ids come from outside and unchecked: an object, say, would be the same text as every other. */
function bytesOf(id: unknown): Uint8Array | undefined {
  if (id instanceof Uint8Array) return id.length > 0 ? id : undefined;
  if (typeof id === 'number') return Number.isFinite(id) ? Buffer.from(String(id)) : undefined;
  return typeof id === 'string' && id !== '' ? Buffer.from(id) : undefined;
}

/** Where the id was looked for, as the rest of a sentence. */
export function describeSource<T>(source: MessageIdSource<T>): string {
  if (typeof source === 'function') return 'what the function `id` finds';
  if (source === 'correlation-data') return 'its Correlation Data';
  return `its User Property \`${source.userProperty}\` (or has several)`;
}
