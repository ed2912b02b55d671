import type { ProtocolVersion } from './packets.js';
import type { Session } from './session.js';

/**
 * What the broker knows of one client.
 *
 * @publicApi
 */
export interface ClientSnapshot {
  readonly clientId: string;
  readonly protocolVersion: ProtocolVersion;
  readonly connected: boolean;
  /** Topic Filters as they stood in SUBSCRIBE. */
  readonly subscriptions: readonly string[];
  /** Packet Identifiers of messages that the client has not finished. */
  readonly inFlight: readonly number[];
  /** Messages that wait for room in the client's window, or for the client. */
  readonly queued: number;
}

export function snapshotOf(session: Session): ClientSnapshot {
  return {
    clientId: session.clientId,
    protocolVersion: session.protocolVersion,
    connected: session.connected,
    subscriptions: [...session.subscriptions.keys()],
    inFlight: session.inFlight,
    queued: session.queued,
  };
}
