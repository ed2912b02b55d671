import type { FailureEnd } from './failure-policy.js';
import { IMPLEMENTATION_SPECIFIC_ERROR, RejectMessage } from './verdicts.js';

/**
 * Guarantees that a failed message does not come again, and that a 5.0 broker is told so by a Reason Code, which every
 * broker takes as final. 3.1.1 has no Reason Codes here: there the message is acknowledged like any other.
 */
export const reject: FailureEnd = {
  settle: ({ error }) => ({
    kind: 'acknowledge',
    reasonCode: error instanceof RejectMessage ? error.reasonCode : IMPLEMENTATION_SPECIFIC_ERROR,
  }),
};
