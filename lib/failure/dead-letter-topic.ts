import { DeadLetterLoopError } from '../errors/dead-letter-loop.error.js';
import { filtersOverlap } from '../topic/overlap.js';
import { parseTopicFilter, type TopicFilter } from '../topic/topic-filter.js';
import { validateTopicName } from '../topic/topic-name.js';

export const DEFAULT_DEAD_LETTER_TOPIC = 'dead-letter/{group}/{topic}';

/** Stands for the group of a plain subscription, which has none. */
const NO_GROUP = 'plain';

/** `dead-letter/{group}/{topic}` with group and topic filled in. */
export function deadLetterTopic(template: string, group: string | undefined, topic: string): string {
  return template.replaceAll('{group}', group ?? NO_GROUP).replaceAll('{topic}', topic);
}

/**
 * Makes sure that no dead letter of `filter` comes back to a worker of the same group.
 *
 * @throws InvalidTopicNameError for a template that makes no Topic Name, DeadLetterLoopError
 */
export function validateDeadLetterTopic(
  template: string,
  group: string | undefined,
  filter: TopicFilter,
  filtersOfGroup: readonly TopicFilter[],
): void {
  const where = 'the option `onError.deadLetterTopic`';
  validateTopicName(deadLetterTopic(template, group, 'topic'), { where });
  const reached = deadLetterFilter(template, group, filter);
  const loop = filtersOfGroup.find((other) => filtersOverlap(reached, other));
  if (loop !== undefined) throw new DeadLetterLoopError(template, group, loop.text);
}

/** Every topic to which a dead letter of this filter can go; what follows a `#` in the middle can be anything. */
function deadLetterFilter(template: string, group: string | undefined, filter: TopicFilter): TopicFilter {
  const written = deadLetterTopic(template, group, filter.text);
  const rest = written.indexOf('#');
  const text = rest === -1 ? written : written.slice(0, rest + 1);
  const levels = text.split('/').map((level) => (level.endsWith('#') ? '#' : level.includes('+') ? '+' : level));
  return parseTopicFilter(levels.join('/'), { namedLevels: false });
}
