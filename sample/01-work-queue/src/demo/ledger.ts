/** Milliseconds that a report may take longer than the broker. */
const REPORT_DELAY = 1_000;

/** What became of every single job, by its number. */
export class Ledger {
  /** Jobs that the broker has taken. */
  published = 0;
  /** How often a job was handled that had been handled before. */
  duplicates = 0;
  private readonly open = new Map<number, number>();
  private readonly done = new Set<number>();
  private readonly released = new Map<number, number>();

  markPublished(id: number): void {
    this.published += 1;
    if (!this.done.has(id)) this.open.set(id, performance.now());
  }

  /** `false` when the job had been handled before. */
  markHandled(id: number): boolean {
    if (this.done.has(id)) {
      this.duplicates += 1;
      return false;
    }
    this.done.add(id);
    this.open.delete(id);
    this.released.delete(id);
    return true;
  }

  /** The broker is done with the job. */
  markReleased(id: number): void {
    if (!this.done.has(id)) this.released.set(id, performance.now());
  }

  get handled(): number {
    return this.published - this.open.size;
  }

  /** Jobs that are published and not handled. */
  get unhandled(): number {
    return this.open.size;
  }

  /** Those that were published more than so many milliseconds ago. */
  waitingFor(milliseconds: number): number {
    return count(this.open, milliseconds);
  }

  /** Jobs that the broker is done with and no worker has handled. */
  get lost(): number {
    return count(this.released, REPORT_DELAY);
  }
}

function count(times: ReadonlyMap<number, number>, milliseconds: number): number {
  const before = performance.now() - milliseconds;
  return [...times.values()].filter((time) => time < before).length;
}
