import { PayloadEncodeError } from '../errors/payload-encode.error.js';

export function isBytes(value: unknown): value is Buffer | ArrayBufferView {
  return ArrayBuffer.isView(value);
}

/** The same memory as a `Buffer`; text as UTF-8. */
export function toBuffer(value: ArrayBufferView | string): Buffer {
  if (typeof value === 'string') return Buffer.from(value);
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Bytes and strings as they are, `undefined` as nothing, everything else as JSON. */
export function toPayload(value: unknown): Buffer | string {
  if (typeof value === 'string') return value;
  return isBytes(value) ? toBuffer(value) : toJson(value);
}

/** @throws PayloadEncodeError for what JSON cannot hold: a BigInt, a cycle, a function, a symbol. */
export function toJson(value: unknown): string {
  if (value === undefined) return '';
  let json: string | undefined;
  try {
    json = JSON.stringify(value) as string | undefined;
  } catch (cause) {
    throw new PayloadEncodeError(value, cause);
  }
  if (json === undefined) throw new PayloadEncodeError(value);
  return json;
}
