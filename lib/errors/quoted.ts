const LONGEST = 80;

/** A value as it may stand in an error message: control characters visible, shortened when long. */
export function quoted(value: unknown): string {
  if (typeof value !== 'string') {
    return typeof value === 'object' && value !== null
      ? `an ${Array.isArray(value) ? 'array' : 'object'}`
      : String(value);
  }
  if (value.length <= LONGEST) {
    return JSON.stringify(value);
  }
  return `${JSON.stringify(value.slice(0, LONGEST))}… (${value.length} characters)`;
}
