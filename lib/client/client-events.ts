import type { WireClosed } from '../session/wire.js';

/**
 * `disconnected`: the first connection did not come about; the next `emit` or `send` tries again. `reconnecting`: it was
 * lost, and is being opened again. `closed`: for good.
 *
 * @publicApi
 */
export type ClientMQTTSharedStatus = 'connected' | 'reconnecting' | 'disconnected' | 'closed';

/**
 * What `ClientMQTTShared.on()` listens to.
 *
 * @publicApi
 */
// A type and not an interface: Nest asks for an implicit index signature.
export type ClientMQTTSharedEvents = {
  /** A connection is up and its reply topics are subscribed. */
  connect: () => void;
  /** A connection ended or could not be opened again; the client goes on trying. */
  disconnect: (reason: WireClosed) => void;
  close: () => void;
};
