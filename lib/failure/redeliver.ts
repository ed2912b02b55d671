import { type FailureEnd, HOLD } from './failure-policy.js';

/** Guarantees that a failed message is not lost: it is never acknowledged, and the broker delivers it again. */
export const redeliver: FailureEnd = { settle: () => HOLD };
