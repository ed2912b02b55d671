import type { MQTTSharedEvent, MQTTSharedEventOf, MQTTSharedEventType } from '../observability/events.js';

/**
 * State of a server over all its connections: `connected` when every one is up, `reconnecting` when one is not,
 * `subscription-refused` when the broker took a filter back, `disconnected` before `listen()` and while every connection
 * is down, `closed` after `close()`.
 *
 * @publicApi
 */
export type MQTTSharedStatus = 'disconnected' | 'connected' | 'reconnecting' | 'subscription-refused' | 'closed';

/** What `server.on()` takes. @publicApi */
export type MQTTSharedServerEvents = {
  [T in MQTTSharedEventType]: (event: MQTTSharedEventOf<T>) => void;
};

export type { MQTTSharedEvent };
