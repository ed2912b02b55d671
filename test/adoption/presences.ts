import { encodePresence, type Presence, presenceTopic } from '../../lib/adoption/presence-message.js';

export const PREFIX = 'presence';
export const GROUP = 'workers';
export const FILTER = '$share/workers/jobs/#';

/** A living worker's, unless a test says otherwise. */
export function presence(clientId: string, changes: Partial<Presence> = {}): Presence {
  const incarnation = `process of ${clientId}`;
  return { clientId, state: 'alive', incarnation, connection: 1, filters: [FILTER], ...changes };
}

/** As it is on the broker. */
export function retained(message: Presence, group = GROUP): { topic: string; payload: Buffer } {
  return { topic: presenceTopic(PREFIX, group, message.clientId), payload: Buffer.from(encodePresence(message)) };
}
