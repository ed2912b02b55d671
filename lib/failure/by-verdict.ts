import type { FailedMessage, FailureEnd, Settlement } from './failure-policy.js';
import { reject } from './reject.js';
import { DeadLetterMessage, RejectMessage, RetryMessage } from './verdicts.js';

/** Lets a handler's verdict come before what the options say. */
export class ByVerdict implements FailureEnd {
  constructor(
    private readonly otherwise: FailureEnd,
    private readonly deadLetter: FailureEnd,
    private readonly again: FailureEnd,
  ) {}

  settle(failed: FailedMessage): Settlement | Promise<Settlement> {
    return this.endOf(failed.error).settle(failed);
  }

  private endOf(error: unknown): FailureEnd {
    if (error instanceof RetryMessage) return this.again;
    if (error instanceof DeadLetterMessage) return this.deadLetter;
    if (error instanceof RejectMessage) return reject;
    return this.otherwise;
  }
}
