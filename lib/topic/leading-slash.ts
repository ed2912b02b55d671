/**
 * A Topic Filter or Topic Name without its leading slashes: all of them, because with one left over `$share/g/` + `/t`
 * still has the `//` for which some brokers close the connection. Empty levels further on are left alone.
 */
export function stripLeadingSlashes(text: string): string {
  return text.startsWith('/') ? text.replace(/^\/+/, '') : text;
}
