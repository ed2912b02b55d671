/** Milliseconds from one renewal to the next; messages that fail at once must not make their connection spin. */
const LEAST_TIME_BETWEEN = 100;
/** The same where the window fills, unless `redeliverAfter` is shorter. */
const TIME_BETWEEN = 1_000;

export interface RenewalOptions {
  readonly receiveMaximum: number;
  /** Milliseconds that a held message waits at the most. */
  readonly redeliverAfter: number;
}

/**
 * When a connection is renewed for the messages that are held on it: `redeliverAfter` after the first, or as soon as they
 * take up half the window.
 */
export class Renewal {
  private timer: NodeJS.Timeout | undefined;
  private underWay = false;
  private last = 0;
  private stopped = false;

  constructor(
    private readonly options: RenewalOptions,
    private readonly renew: () => Promise<void>,
  ) {}

  get isUnderWay(): boolean {
    return this.underWay;
  }

  /** So many messages are held now. */
  held(count: number): void {
    if (this.stopped) return;
    const { receiveMaximum, redeliverAfter } = this.options;
    if (count * 2 >= receiveMaximum) this.renewIn(this.untilAllowed());
    else if (this.timer === undefined) this.renewIn(Math.max(redeliverAfter, this.untilAllowed()));
  }

  private untilAllowed(): number {
    const least = Math.max(LEAST_TIME_BETWEEN, Math.min(TIME_BETWEEN, this.options.redeliverAfter));
    return Math.max(0, this.last + least - Date.now());
  }

  private renewIn(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.run(), milliseconds);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    if (this.stopped) return;
    if (this.underWay) {
      // Its connection may have ended by itself, and these are held on the next.
      this.renewIn(LEAST_TIME_BETWEEN);
      return;
    }
    this.underWay = true;
    this.last = Date.now();
    await this.renew();
    this.underWay = false;
  }

  /** The connection has ended by itself: what was held on it comes again without a renewal. */
  connectionEnded(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}
