import { createHash } from 'node:crypto';
import type { MQTTSharedContext } from '../context/mqtt-shared.context.js';

const NAMESPACE = 'nestjs-mqtt-shared:once:';

/**
 * Where the record of one message, handled by one method for one group, stands: always as long, and of characters that
 * no store takes for anything else, whatever the id is. Copies of a plain subscription are for each connection alone.
 */
export function idempotencyKey({ group, connection }: MQTTSharedContext, handler: string, id: Uint8Array): string {
  const scope = group === undefined ? { connection, handler } : { group, handler };
  const hash = createHash('sha256').update(JSON.stringify(scope)).update('\0').update(id);
  return NAMESPACE + hash.digest('hex');
}
