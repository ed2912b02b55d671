const COMPACT_AFTER = 1_024;

/** First in, first out; both ends cost the same however much waits. */
export class Fifo<T> {
  private items: (T | undefined)[];
  private head = 0;

  constructor(items: readonly T[] = []) {
    this.items = [...items];
  }

  get size(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  peek(): T | undefined {
    return this.items[this.head];
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.size === 0) this.reset([]);
    else if (this.head >= COMPACT_AFTER && this.head * 2 >= this.items.length) this.reset(this.items.slice(this.head));
    return item;
  }

  /** Everything that waits, in order; the queue is empty afterwards. */
  drain(): T[] {
    const rest = this.items.slice(this.head) as T[];
    this.reset([]);
    return rest;
  }

  private reset(items: (T | undefined)[]): void {
    this.items = items;
    this.head = 0;
  }
}
