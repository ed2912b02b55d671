/** A queue whose `push` and `shift` cost the same however long it is; `Array.shift` moves every element. */
export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined as T; // or the queue would hold it until it is compacted
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Keeps what the predicate says yes to, in order. */
  keep(predicate: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter(predicate);
    this.#head = 0;
  }
}
