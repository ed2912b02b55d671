/** One level of the filters in a `FilterTrie`; every node but an empty root leads to at least one value. */
export class FilterNode<T extends NonNullable<unknown>> {
  /** Of the filter that ends with this level. */
  value: T | undefined = undefined;
  /** Of the filter that goes on with `#`. */
  rest: T | undefined = undefined;
  /** The next level is `+`. */
  single: FilterNode<T> | undefined = undefined;
  // The first literal needs no `Map`. Most nodes have no other, so 10,000 filters fit the processor's caches far better.
  private level: string | undefined = undefined;
  private child: FilterNode<T> | undefined = undefined;
  private others: Map<string, FilterNode<T>> | undefined = undefined;

  get empty(): boolean {
    return this.value === undefined && this.rest === undefined && this.single === undefined && this.child === undefined;
  }

  /** The node whose level is this literal. */
  literal(level: string): FilterNode<T> | undefined {
    return this.level === level ? this.child : this.others?.get(level);
  }

  /** Adds to `next` the nodes whose level can match what this level of a filter, `+` or a literal, matches too. */
  overlapping(level: string, next: FilterNode<T>[]): void {
    if (this.single) {
      next.push(this.single);
    }
    if (level !== '+') {
      const child = this.literal(level);
      if (child) {
        next.push(child);
      }
      return;
    }
    if (this.child) {
      next.push(this.child);
    }
    this.others?.forEach((child) => next.push(child));
  }

  /** The node for the next level of a filter, made if need be. */
  grow(level: string): FilterNode<T> {
    if (level === '+') {
      return (this.single ??= new FilterNode());
    }
    const existing = this.literal(level);
    if (existing) {
      return existing;
    }
    const node = new FilterNode<T>();
    if (this.child === undefined) {
      this.level = level;
      this.child = node;
    } else {
      this.others ??= new Map();
      this.others.set(level, node);
    }
    return node;
  }
}
