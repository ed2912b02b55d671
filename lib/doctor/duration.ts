/** Below this it depends on the machine more than on the broker. */
const AT_ONCE = 100;

/** `at once`, or seconds. */
export function duration(milliseconds: number): string {
  return milliseconds < AT_ONCE ? 'at once' : `after ${(milliseconds / 1_000).toFixed(1)} s`;
}
