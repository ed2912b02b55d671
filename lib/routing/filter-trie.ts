import type { TopicFilter } from '../topic/topic-filter.js';
import { FilterNode } from './filter-node.js';

/**
 * Topic Filters with a value each, found by Topic Name.
 *
 * The cost of a search depends on how many stored filters fit the beginning of the topic, not on how many there are.
 * A search goes level by level, without recursion, visits no node twice, and ends where no stored filter goes on: a
 * topic of 65,535 slashes costs no more than the deepest filter that fits it.
 */
export class FilterTrie<T extends NonNullable<unknown>> {
  private readonly byText = new Map<string, T>();
  private readonly ordinary = new FilterNode<T>();
  /** Apart, because wildcards do not match a first level that begins with `$` [MQTT-4.7.2-1]. */
  private readonly reserved = new FilterNode<T>();

  /** Stores the value unless the filter has one already; returns the one that is stored. */
  add(filter: TopicFilter, value: T): T {
    const stored = this.byText.get(filter.text);
    if (stored !== undefined) {
      return stored;
    }
    this.byText.set(filter.text, value);
    let node = this.rootOf(filter.text);
    for (const level of filter.levels) {
      if (level === '#') {
        node.rest = value;
        return value;
      }
      node = node.grow(level);
    }
    node.value = value;
    return value;
  }

  /** The value of exactly this filter, written as it goes over the wire. */
  get(filterText: string): T | undefined {
    return this.byText.get(filterText);
  }

  /** The values of all filters that match the Topic Name, in no particular order. */
  match(topic: string): T[] {
    const found: T[] = [];
    this.search(topic, (value) => {
      found.push(value);
      return false;
    });
    return found;
  }

  /** One of the values that `match` finds: the only one where the stored filters do not overlap. */
  first(topic: string): T | undefined {
    let first: T | undefined;
    this.search(topic, (value) => {
      first = value;
      return true;
    });
    return first;
  }

  /** Whether a stored filter and this one match a common Topic Name, as `filtersOverlap` would say of each pair. */
  overlaps(filter: TopicFilter): boolean {
    let nodes = [this.rootOf(filter.text)];
    for (const level of filter.levels) {
      if (level === '#') {
        return nodes.some((node) => !node.empty);
      }
      const next: FilterNode<T>[] = [];
      for (const node of nodes) {
        if (node.rest !== undefined) {
          return true;
        }
        node.overlapping(level, next);
      }
      nodes = next;
    }
    return nodes.some(({ value, rest }) => value !== undefined || rest !== undefined);
  }

  /** Follows one branch, and comes back for the others that fit, until `enough` says so of a value. */
  private search(topic: string, enough: (value: T) => boolean): void {
    let node: FilterNode<T> | undefined = this.rootOf(topic);
    let start = 0;
    let others: { node: FilterNode<T>; start: number }[] | undefined;
    while (node !== undefined) {
      // Whether or not the topic ends here, because `#` includes the parent level (section 4.7.1.2).
      if (node.rest !== undefined && enough(node.rest)) {
        return;
      }
      let next: FilterNode<T> | undefined;
      if (start > topic.length) {
        if (node.value !== undefined && enough(node.value)) {
          return;
        }
      } else {
        const slash = topic.indexOf('/', start);
        const end = slash === -1 ? topic.length : slash;
        next = node.literal(topic.slice(start, end));
        start = end + 1;
        if (next === undefined) {
          next = node.single;
        } else if (node.single !== undefined) {
          others ??= [];
          others.push({ node: node.single, start });
        }
      }
      if (next === undefined) {
        const other = others?.pop();
        next = other?.node;
        start = other?.start ?? 0;
      }
      node = next;
    }
  }

  private rootOf(text: string): FilterNode<T> {
    return text.startsWith('$') ? this.reserved : this.ordinary;
  }
}
