import { isBytes } from '../payload/to-payload.js';

/** Content Types with which requests and replies keep text and bytes what they were, where 'auto' would have to guess. */
export const TEXT = 'text/plain';
export const BYTES = 'application/octet-stream';

/** Nothing for JSON, and for what a codec of the user's made of the value. */
export function contentTypeOf(value: unknown, payload: Buffer | string): string | undefined {
  if (isBytes(value)) return BYTES;
  return payload === value ? TEXT : undefined;
}
