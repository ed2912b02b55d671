import type { MQTTSharedEvent, MQTTSharedEventOf, MQTTSharedEventType } from '../observability/events.js';

/**
 * State of a server over all its connections. `disconnected` until `listen()` has succeeded, `connected` when every
 * connection is up, `reconnecting` while any is not, be it that all are lost or that one is renewed on purpose (see
 * `redeliverAfter`), `subscription-refused` while the broker refuses a filter that it had granted, `closed` after `close()`.
 * Who subscribes gets the present one first.
 *
 * @publicApi
 */
export type MQTTSharedStatus = 'disconnected' | 'connected' | 'reconnecting' | 'subscription-refused' | 'closed';

/** What `server.on()` takes. @publicApi */
export type MQTTSharedServerEvents = {
  [T in MQTTSharedEventType]: (event: MQTTSharedEventOf<T>) => void;
};

export type { MQTTSharedEvent };
