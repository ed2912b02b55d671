import type { ConsumerReport } from './consumer-report.js';
import type { Owed } from './owed.js';

/** What is in hand on a connection, and whether reading has paused until there is less of it. */
export class Window {
  private paused = false;
  private pauseCount = 0;
  private unsettledQoS0 = 0;

  constructor(
    /** Messages in hand beyond which reading pauses. */
    private readonly size: number,
    private readonly owed: Owed,
    private readonly report: ConsumerReport,
    private readonly resume: () => void,
  ) {}

  /** Messages without an acknowledgement, and those of QoS 0 that are not settled. */
  get inHand(): number {
    return this.owed.unacknowledged + this.unsettledQoS0;
  }

  get isPaused(): boolean {
    return this.paused;
  }

  /** How often reading has paused. */
  get pauses(): number {
    return this.pauseCount;
  }

  enterQoS0(): void {
    this.unsettledQoS0++;
  }

  leaveQoS0(): void {
    this.unsettledQoS0--;
  }

  /** Whether one more may be read; if not, reading pauses until {@link resumeWithRoom} finds room. */
  hasRoom(): boolean {
    if (this.inHand <= this.size) return true;
    this.paused = true;
    this.pauseCount++;
    this.report.paused(this.inHand);
    return false;
  }

  resumeWithRoom(): void {
    if (!this.paused || this.inHand > this.size) return;
    this.paused = false;
    this.report.resumed();
    this.resume();
  }

  /** Reading goes on, room or not: what arrives is not taken in. */
  ignore(): void {
    if (this.paused) this.resume();
    this.paused = false;
  }

  /** Reading begins anew on another connection. */
  reopen(): void {
    this.paused = false;
  }
}
