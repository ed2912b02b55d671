/** The one option of `ServerMQTTShared` that whoever wants throughput sets; the rest are its defaults. */
export const CONCURRENCY = 100;

/**
 * What the broker has in flight towards one client, the same for every subject: what `ServerMQTTShared` announces as
 * Receive Maximum by default. With fewer, every subject reads and writes more often for as many messages.
 */
export const IN_FLIGHT = 2 * CONCURRENCY;

/** Seconds; longer than a run. */
export const SESSION_EXPIRY = 3_600;
