/** Milliseconds. */
const EVERY = 1_000;

/** Calls `act` each second in which `received` has not changed and `isIdle` says so, for as long as it is on. */
export class IdleCheck {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly received: () => number,
    private readonly isIdle: () => boolean,
    private readonly act: () => void,
  ) {}

  start(): void {
    this.stop();
    let before = this.received();
    this.timer = setInterval(() => {
      const now = this.received();
      if (now === before && this.isIdle()) this.act();
      before = now;
    }, EVERY);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
