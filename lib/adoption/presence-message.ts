import { parseTopicFilter } from '../topic/topic-filter.js';
import { stemOf } from './session-id.js';

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

/** What a topic level cannot hold is escaped. */
export function presenceTopic(prefix: string, group: string, clientId: string): string {
  return `${prefix}/${group}/${clientId.replace(/[%/+#]/g, encodeURIComponent)}`;
}

/** Whoever publishes here asks all workers of the group to say anew what they are at. No session has such a name. */
export function rollCallTopic(prefix: string, group: string): string {
  return `${prefix}/${group}/roll-call`;
}

/**
 * What is published here is the incarnation of a process that may be gone, for its sessions will not say so: the will of
 * the one connection whose session ends with it. All groups have it together, because a connection has one will.
 */
export function obituaryTopic(prefix: string): string {
  return `${prefix}/obituary`;
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
  if (!isPresence(value) || stemOf(group, value.clientId) === undefined) return undefined;
  if (value.filters.length === 0 || !value.filters.every((filter) => isFilterOf(group, filter))) return undefined;
  return topic === presenceTopic(prefix, group, value.clientId) ? value : undefined;
}

/** Adopters and owners unsubscribe what they find here; one that is malformed would end their connection. */
function isFilterOf(group: string, filter: string): boolean {
  const prefix = `$share/${group}/`;
  if (!filter.startsWith(prefix)) return false;
  try {
    parseTopicFilter(filter.slice(prefix.length), { namedLevels: false });
    return true;
  } catch {
    return false;
  }
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
