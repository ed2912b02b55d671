/** One level of the filters in a `FilterTrie`; every node but an empty root leads to at least one value. */
export class FilterNode<T extends NonNullable<unknown>> {
  /** Of the filter that ends with this level. */
  value: T | undefined = undefined;
  /** Of the filter that goes on with `#`. */
  rest: T | undefined = undefined;
  private single: FilterNode<T> | undefined = undefined;
  private literals: Map<string, FilterNode<T>> | undefined = undefined;

  get empty(): boolean {
    return (
      this.value === undefined && this.rest === undefined && this.single === undefined && this.literals === undefined
    );
  }

  /** The node for the next level of a filter, made if need be. */
  grow(level: string): FilterNode<T> {
    if (level === '+') {
      return (this.single ??= new FilterNode());
    }
    this.literals ??= new Map();
    let child = this.literals.get(level);
    if (!child) {
      child = new FilterNode();
      this.literals.set(level, child);
    }
    return child;
  }

  /** Adds to `next` the nodes whose level matches this level of a Topic Name. */
  matching(level: string, next: FilterNode<T>[]): void {
    const child = this.literals?.get(level);
    if (child) {
      next.push(child);
    }
    if (this.single) {
      next.push(this.single);
    }
  }

  /** Adds to `next` the nodes whose level can match the same as this level of a filter, which is not `#`. */
  overlapping(level: string, next: FilterNode<T>[]): void {
    if (level !== '+') {
      this.matching(level, next);
      return;
    }
    if (this.single) {
      next.push(this.single);
    }
    for (const child of this.literals?.values() ?? []) {
      next.push(child);
    }
  }
}
