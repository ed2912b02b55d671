const LONGEST = 500;

/** What to tell of an error in a User Property or a log. Nest's filters turn errors into plain objects. */
export function reasonOf(error: unknown): string {
  const text =
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
  // U+0000 is not allowed in MQTT strings [MQTT-1.5.4-2].
  return text.replaceAll('\0', '').slice(0, LONGEST);
}
