/**
 * What a worker's connection says of itself in a retained message, and its will after it.
 *
 * `alive`: connected. `gone`: its connection has ended, and its session may hold messages. `adopting`: another worker
 * is connected in its place. No message: there is no session.
 */
export type PresenceState = 'alive' | 'gone' | 'adopting';

export interface Presence {
  /** Client Identifier whose session this is about. */
  readonly clientId: string;
  readonly state: PresenceState;
  /** Random, of the process that wrote it. */
  readonly incarnation: string;
  /** Counts the connections of that process under this Client Identifier, so that an old one's will is told from news. */
  readonly connection: number;
  /** Subscriptions of the session, as they go over the wire. */
  readonly filters: readonly string[];
}

export const DEFAULT_PRESENCE_TOPIC = 'nestjs-mqtt-shared/presence';

const LONGEST = 1024 * 1024;

/** Where the presence of every session of a group is. */
export function presenceFilter(prefix: string, group: string): string {
  return `${prefix}/${group}/+`;
}

export function presenceTopic(prefix: string, group: string, clientId: string): string {
  return `${prefix}/${group}/${clientId}`;
}

export function encodePresence(presence: Presence): string {
  return JSON.stringify(presence);
}

/**
 * Reads what arrived on a presence topic; `undefined` for anything that no worker of this group can have written.
 * It comes from outside: who may be thrown out by adoption depends on it.
 */
export function decodePresence(prefix: string, group: string, topic: string, payload: Buffer): Presence | undefined {
  if (payload.length > LONGEST) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
  if (!isPresence(value) || !isClientIdOf(group, value.clientId)) return undefined;
  return topic === presenceTopic(prefix, group, value.clientId) ? value : undefined;
}

/** `<stem>:<group>:<number>`, the scheme of the connections of a group. */
function isClientIdOf(group: string, clientId: string): boolean {
  const parts = clientId.split(':');
  const number = parts.pop() ?? '';
  return /^\d{1,6}$/.test(number) && parts.slice(1).join(':').endsWith(group) && clientId.includes(`:${group}:`);
}

function isPresence(value: unknown): value is Presence {
  if (typeof value !== 'object' || value === null) return false;
  const { clientId, state, incarnation, connection, filters } = value as Record<string, unknown>;
  return (
    typeof clientId === 'string' &&
    (state === 'alive' || state === 'gone' || state === 'adopting') &&
    typeof incarnation === 'string' &&
    Number.isSafeInteger(connection) &&
    Array.isArray(filters) &&
    filters.every((filter) => typeof filter === 'string')
  );
}
