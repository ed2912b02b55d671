/**
 * Client Identifier of a session of a group: `<stem>:<group>:<number>`. The group's own `:` are escaped, so that the
 * last two parts belong to one group only, whatever the stem is.
 */
export function sessionId(stem: string, group: string, index: number): string {
  return `${stem}:${escapeGroup(group)}:${index}`;
}

/** The stem of a session's Client Identifier, which all sessions of a worker have; `undefined` when it is none of the group's. */
export function stemOf(group: string, clientId: string): string | undefined {
  const number = /:\d{1,6}$/.exec(clientId);
  const suffix = `:${escapeGroup(group)}`;
  const before = clientId.slice(0, number?.index ?? 0);
  return before.endsWith(suffix) && before.length > suffix.length ? before.slice(0, -suffix.length) : undefined;
}

function escapeGroup(group: string): string {
  return group.replace(/[%:]/g, encodeURIComponent);
}
