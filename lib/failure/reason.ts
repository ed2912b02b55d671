const LONGEST = 500;
const NO_TEXT = 'an error that cannot be written as text';

/** What to tell of an error in a User Property or a log: any text, whatever was thrown. */
export function reasonOf(error: unknown): string {
  // U+0000 and halves of surrogate pairs are not allowed in MQTT strings [MQTT-1.5.4-2], [MQTT-1.5.4-1].
  return textOf(error)
    .replaceAll('\0', '')
    .slice(0, LONGEST)
    .replaceAll(/\p{Surrogate}/gu, '');
}

/** Nest's filters turn errors into plain objects. */
function textOf(error: unknown): string {
  try {
    return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  } catch {
    return NO_TEXT;
  }
}
