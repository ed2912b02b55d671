interface Node<T> {
  readonly item: T;
  level: number;
  previous: Node<T>;
  next: Node<T>;
}

/**
 * Items on levels, each level a ring. The next item comes from the lowest level and goes to its ring's end, which is
 * round robin within a level. Every step costs the same however many items there are, as long as levels change by one.
 */
export class Ranking<T> {
  readonly #nodes = new Map<T, Node<T>>();
  /** The head of each ring; a level without items has no entry. */
  readonly #heads = new Map<number, Node<T>>();
  #lowest = Infinity;

  /** Puts an item on a level, behind those that are there; an item that is on it already keeps its place. */
  place(item: T, level: number): void {
    const before = this.#nodes.get(item);
    if (before?.level === level) return;
    const node = { item, level } as Node<T>;
    this.#append(node);
    this.#nodes.set(item, node);
    // after the append, so that the search for the lowest level finds the neighbour at once
    if (before) this.#unlink(before);
  }

  has(item: T): boolean {
    return this.#nodes.has(item);
  }

  remove(item: T): void {
    const node = this.#nodes.get(item);
    if (!node) return;
    this.#nodes.delete(item);
    this.#unlink(node);
  }

  next(): T | undefined {
    const head = this.#heads.get(this.#lowest);
    if (!head) return undefined;
    this.#heads.set(this.#lowest, head.next);
    return head.item;
  }

  #append(node: Node<T>): void {
    const head = this.#heads.get(node.level);
    if (head) {
      node.previous = head.previous;
      node.next = head;
      head.previous.next = node;
      head.previous = node;
    } else {
      node.previous = node.next = node;
      this.#heads.set(node.level, node);
      this.#lowest = Math.min(this.#lowest, node.level);
    }
  }

  #unlink(node: Node<T>): void {
    if (node.next === node) {
      this.#heads.delete(node.level);
      if (node.level === this.#lowest) this.#lowest = this.#lowestFrom(node.level + 1);
      return;
    }
    node.previous.next = node.next;
    node.next.previous = node.previous;
    if (this.#heads.get(node.level) === node) this.#heads.set(node.level, node.next);
  }

  #lowestFrom(level: number): number {
    if (this.#heads.has(level)) return level;
    let lowest = Infinity;
    for (const candidate of this.#heads.keys()) lowest = Math.min(lowest, candidate);
    return lowest;
  }
}
