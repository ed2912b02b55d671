const COMPACT_AFTER = 1_024;

/** First in, first out; `push` and `shift` cost the same however much waits, where `Array.shift` moves every element. */
export class Fifo<T> {
  private items: (T | undefined)[];
  private head = 0;

  constructor(items: readonly T[] = []) {
    this.items = [...items];
  }

  get length(): number {
    return this.items.length - this.head;
  }

  get first(): T | undefined {
    return this.items[this.head];
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined; // or the queue would hold it until it is compacted
    if (this.length === 0) this.reset([]);
    else if (this.head >= COMPACT_AFTER && this.head * 2 >= this.items.length) this.reset(this.rest());
    return item;
  }

  /** Everything that waits, in order; the queue is empty afterwards. */
  drain(): T[] {
    const rest = this.rest();
    this.reset([]);
    return rest;
  }

  keepOnly(predicate: (item: T) => boolean): void {
    this.reset(this.rest().filter(predicate));
  }

  private rest(): T[] {
    return this.items.slice(this.head) as T[];
  }

  private reset(items: T[]): void {
    this.items = items;
    this.head = 0;
  }
}
