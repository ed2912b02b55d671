/**
 * Client Identifier of a session of a group: `<stem>:<group>:<number>`. The group's own `:` are escaped, so that the
 * last two parts belong to one group only, whatever the stem is.
 */
export function sessionId(stem: string, group: string, index: number): string {
  return `${stem}:${escapeGroup(group)}:${index}`;
}

export function isSessionOf(group: string, clientId: string): boolean {
  const number = /:\d{1,6}$/.exec(clientId);
  if (number === null) return false;
  const stem = clientId.slice(0, number.index);
  const suffix = `:${escapeGroup(group)}`;
  return stem.endsWith(suffix) && stem.length > suffix.length;
}

function escapeGroup(group: string): string {
  return group.replace(/[%:]/g, encodeURIComponent);
}
