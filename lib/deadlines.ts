/** What {@link Deadlines.remove} takes. */
export interface Deadline {
  readonly at: number;
  readonly expired: () => void;
  before: Deadline | undefined;
  behind: Deadline | undefined;
  isOver: boolean;
}

/**
 * Calls back for what is still there so many milliseconds after it was added, in the order of adding. One timer for all,
 * where one for each would be among the dearest parts of a message. The timer alone keeps no process from ending.
 */
export class Deadlines {
  private first: Deadline | undefined;
  private last: Deadline | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly milliseconds: number) {}

  add(expired: () => void): Deadline {
    const { last } = this;
    const at = performance.now() + this.milliseconds;
    const deadline = { at, expired, before: last, behind: undefined, isOver: false };
    if (last === undefined) this.first = deadline;
    else last.behind = deadline;
    this.last = deadline;
    this.timer ??= this.lookIn(this.milliseconds);
    return deadline;
  }

  /** Nothing is done for one that has expired or been removed. */
  remove(deadline: Deadline): void {
    if (deadline.isOver) return;
    deadline.isOver = true;
    const { before, behind } = deadline;
    if (before === undefined) this.first = behind;
    else before.behind = behind;
    if (behind === undefined) this.last = before;
    else behind.before = before;
  }

  private lookIn(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.look(), milliseconds).unref();
  }

  private look(): void {
    const now = performance.now();
    for (let { first } = this; first !== undefined && first.at <= now; first = this.first) {
      this.remove(first);
      first.expired();
    }
    this.timer = this.first && this.lookIn(Math.ceil(this.first.at - now));
  }

  /** Nothing is called back any more. */
  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (let each = this.first; each !== undefined; each = each.behind) each.isOver = true;
    this.first = undefined;
    this.last = undefined;
  }
}
