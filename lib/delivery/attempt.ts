import type { Delivery } from './delivery.js';
import type { Handler } from './handler.js';

export type Verdict =
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'reject'; readonly reasonCode: number }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Why a message failed; an error can be `undefined`. */
export interface Failure {
  readonly error: unknown;
  /** The call that failed; `undefined` where no handler could be called. */
  readonly attempt?: Attempt;
}

const ACKNOWLEDGED: Verdict = { kind: 'acknowledge' };

/** One call of one handler with one message. */
export class Attempt {
  verdict: Verdict | undefined;
  /** The call is over, or no longer waited for. */
  ended = false;
  /** The handler was not run, because the message had run before. */
  skipped = false;
  timer: NodeJS.Timeout | undefined;
  private controller: AbortController | undefined;
  private abortReason: Error | undefined;
  private timedOut = false;
  private giveUp: (() => void) | undefined;

  constructor(
    readonly delivery: Delivery,
    readonly handler: Handler,
    /** 1 for the first. */
    readonly number: number,
    private readonly decided: (attempt: Attempt) => void,
  ) {}

  /** Made when first asked for: few handlers do, and an AbortController is dear. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.abortReason !== undefined) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  /** Whether `signal` is, or would be, aborted. */
  get aborted(): boolean {
    return this.abortReason !== undefined;
  }

  abort(reason: Error): void {
    this.abortReason ??= reason;
    this.controller?.abort(reason);
  }

  /** The handler's time has passed: nobody waits for what it still does. */
  timeOut(reason: Error): void {
    this.timedOut = true;
    this.abort(reason);
    this.giveUp?.();
  }

  /** Calls back once when the handler's time has passed. */
  whenTimedOut(giveUp: () => void): void {
    if (this.timedOut) giveUp();
    else this.giveUp = giveUp;
  }

  /** `false` when this attempt had been decided before. */
  ack(): boolean {
    return this.decide(ACKNOWLEDGED);
  }

  /** `false` when this attempt had been decided before. */
  reject(reasonCode: number): boolean {
    return this.decide({ kind: 'reject', reasonCode });
  }

  fail(error: unknown): boolean {
    return this.decide({ kind: 'failed', error });
  }

  private decide(verdict: Verdict): boolean {
    if (this.verdict !== undefined) return false;
    this.verdict = verdict;
    this.decided(this);
    return true;
  }
}
