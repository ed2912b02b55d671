const BASE64 = 'base64';

/** A value as a field of an envelope: bytes in Base64, and a second field that says so. */
export function wrapped(field: 'data' | 'response', value: unknown): object {
  if (!Buffer.isBuffer(value)) return { [field]: value };
  return { [field]: value.toString(BASE64), encoding: BASE64 };
}

/** {@link wrapped} undone. */
export function unwrapped(value: unknown, encoding: unknown): unknown {
  return encoding === BASE64 && typeof value === 'string' ? Buffer.from(value, BASE64) : value;
}
