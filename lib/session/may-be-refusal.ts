import { ConnectionLostError } from '../errors/connection-lost.error.js';

/**
 * Reason Codes with which a server ends a connection whatever was asked on it (MQTT 5.0 table 3-10): busy, shutting down,
 * Keep Alive, session taken over, administrative, another server, moved, connection rate, connect time.
 */
const REFUSE_NOTHING: ReadonlySet<number | undefined> = new Set([0x89, 0x8b, 0x8d, 0x8e, 0x98, 0x9c, 0x9d, 0x9f, 0xa0]);

/** Whether a connection may have been ended to refuse what was asked on it; a server of 3.1.1 cannot say why. */
export function mayBeRefusal(error: unknown): error is ConnectionLostError {
  return error instanceof ConnectionLostError && !REFUSE_NOTHING.has(error.reasonCode);
}
