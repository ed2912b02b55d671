import type { TopicFilter } from './topic-filter.js';

/**
 * The named levels of a Topic Name that the filter matches. A named `#` has the remaining levels joined with `/`, and
 * the empty string for the parent level itself (`sport` for `sport/#rest`).
 * The object has no prototype, so a level named `__proto__` is a name like any other.
 */
export function topicParams(filter: TopicFilter, topic: string): Record<string, string> {
  const params = Object.create(null) as Record<string, string>;
  if (filter.names.length > 0) {
    const levels = topic.split('/');
    for (const { name, level } of filter.names) {
      params[name] = filter.levels[level] === '#' ? levels.slice(level).join('/') : (levels[level] ?? '');
    }
  }
  return params;
}
