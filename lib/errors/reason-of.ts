const LONGEST = 200;

/** What was thrown, as it may stand in a sentence: one printable line, not endless, without its full stop. */
export function reasonOf(cause: unknown): string {
  const text = (cause instanceof Error ? cause.message : String(cause)).replace(/\p{Cc}+/gu, ' ').replace(/\.$/, '');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
