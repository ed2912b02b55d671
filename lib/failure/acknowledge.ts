import { ACKNOWLEDGE, type FailureEnd } from './failure-policy.js';

/** Guarantees that a failed message does not come again: it is acknowledged, and its `failed` event is all that is left. */
export const acknowledge: FailureEnd = { settle: () => ACKNOWLEDGE };
