import type { Behaviour } from './behaviour.js';
import type { InFlight, InflightWindow } from './inflight-window.js';

/** Sends unacknowledged messages of one session again, when their time has come. */
export class Resends {
  #due: NodeJS.Timeout | undefined;
  #resumption: NodeJS.Timeout | undefined;

  constructor(
    readonly rule: NonNullable<Behaviour['resends']>,
    readonly window: InflightWindow,
    readonly send: (entry: InFlight) => void,
    readonly isSubscribed: () => boolean,
  ) {}

  /** A connection is there. */
  start(): void {
    this.#resumeAfter(this.rule.onResumption.first);
  }

  stop(): void {
    clearTimeout(this.#due);
    clearTimeout(this.#resumption);
    this.#due = this.#resumption = undefined;
  }

  /** A message was sent. */
  watch(): void {
    const oldest = this.#due ? undefined : this.window.longestAgo();
    if (!oldest) return;
    const wait = oldest.sentAt + this.rule.every - Date.now();
    this.#due = setTimeout(() => this.#resendDue(), Math.max(1, wait)).unref();
  }

  #resendDue(): void {
    this.#due = undefined;
    const limit = Date.now() - this.rule.every;
    for (let entry = this.window.longestAgo(); entry && entry.sentAt <= limit; entry = this.window.longestAgo()) {
      entry.sentAt = Date.now();
      this.send(entry);
    }
    this.watch();
  }

  #resumeAfter(milliseconds: number): void {
    if (!this.window.hasResends) return;
    this.#resumption = setTimeout(() => {
      const entry = this.isSubscribed() ? this.window.nextResend() : undefined;
      if (entry) this.send(entry);
      this.#resumeAfter(this.rule.onResumption.every);
    }, milliseconds).unref();
  }
}
