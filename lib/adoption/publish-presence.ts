import { PresenceRefusedError } from '../errors/presence-refused.error.js';
import type { OutboundPublish, Wire } from '../session/wire.js';

/**
 * Resolves when the broker has taken the message, which can be late: its answer comes behind the messages of the session,
 * and reading may pause on those. Never settles when the connection ends before.
 *
 * @throws PresenceRefusedError
 */
export function publishPresence(wire: Wire, message: OutboundPublish): Promise<void> {
  return new Promise((resolve, reject) => {
    wire.publish(message, (error, reasonCode) => {
      if (error === undefined) resolve();
      else reject(new PresenceRefusedError(wire.address, message.topic, 'publish to', reasonCode));
    });
  });
}
