/** One level of the filters in a `FilterTrie`; every node but an empty root leads to at least one value. */
export class FilterNode<T extends NonNullable<unknown>> {
  /** Of the filter that ends with this level. */
  value: T | undefined = undefined;
  /** Of the filter that goes on with `#`. */
  rest: T | undefined = undefined;
  /** The next level is `+`. */
  single: FilterNode<T> | undefined = undefined;
  // Most nodes have one literal at most; without a `Map` each, 10,000 filters fit the processor's caches far better.
  private level: string | undefined = undefined;
  private child: FilterNode<T> | undefined = undefined;
  private children: Map<string, FilterNode<T>> | undefined = undefined;

  get empty(): boolean {
    return (
      this.value === undefined &&
      this.rest === undefined &&
      this.single === undefined &&
      this.child === undefined &&
      this.children === undefined
    );
  }

  /** The node whose level is this literal. */
  literal(level: string): FilterNode<T> | undefined {
    return this.children === undefined ? (this.level === level ? this.child : undefined) : this.children.get(level);
  }

  /** The nodes whose level can match what this level of a filter, `+` or a literal, matches too. */
  overlapping(level: string): FilterNode<T>[] {
    const nodes = this.single ? [this.single] : [];
    if (level === '+') {
      return nodes.concat(this.child ?? [], [...(this.children?.values() ?? [])]);
    }
    return nodes.concat(this.literal(level) ?? []);
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
    if (this.children !== undefined) {
      this.children.set(level, node);
    } else if (this.child === undefined || this.level === undefined) {
      this.level = level;
      this.child = node;
    } else {
      this.children = new Map([[this.level, this.child]]).set(level, node);
      this.level = undefined;
      this.child = undefined;
    }
    return node;
  }
}
