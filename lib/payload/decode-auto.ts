import { isUtf8 } from 'node:buffer';

/**
 * JSON where it parses, else a string where the bytes are UTF-8, else the bytes. JSON is UTF-8 (RFC 8259 section 8.1):
 * bytes that are not are never taken for JSON with replacement characters in it.
 */
export function decodeAuto(payload: Buffer): unknown {
  if (!isUtf8(payload)) return payload;
  const text = payload.toString();
  if (!mayBeginJson(payload[0])) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Exact: no JSON text begins with any other byte, and a failing parse costs a hundred times this test. */
function mayBeginJson(byte: number | undefined): boolean {
  switch (byte) {
    case 0x7b: // {
    case 0x5b: // [
    case 0x22: // "
    case 0x2d: // -
    case 0x74: // true
    case 0x66: // false
    case 0x6e: // null
    case 0x20:
    case 0x09:
    case 0x0a:
    case 0x0d:
      return true;
    default:
      return byte !== undefined && byte >= 0x30 && byte <= 0x39;
  }
}
