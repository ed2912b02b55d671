import { ACKNOWLEDGE, type FailureEnd } from './failure-policy.js';

/**
 * For sessions that end with their connection: nothing could be delivered again, so a failed message is acknowledged,
 * and the `failed` event is all that is left of it.
 */
export const discard: FailureEnd = { settle: () => ACKNOWLEDGE };
