import type { Delivery } from './delivery.js';
import type { Handler } from './handler.js';

export type Verdict =
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'reject'; readonly reasonCode: number }
  | { readonly kind: 'failed'; readonly error: unknown };

const ACKNOWLEDGED: Verdict = { kind: 'acknowledge' };

/** One call of one handler with one message. */
export class Attempt {
  verdict: Verdict | undefined;
  /** The call is over, or no longer waited for. */
  ended = false;
  timer: NodeJS.Timeout | undefined;
  private controller: AbortController | undefined;
  private abortReason: Error | undefined;

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

  abort(reason: Error): void {
    this.abortReason ??= reason;
    this.controller?.abort(reason);
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
