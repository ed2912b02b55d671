import { DeadLetterLoopError } from '../errors/dead-letter-loop.error.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { filtersOverlap } from '../topic/overlap.js';
import type { TopicFilter } from '../topic/topic-filter.js';
import { validateTopicName } from '../topic/topic-name.js';

export const DEFAULT_DEAD_LETTER_TOPIC = 'dead-letter/{group}/{topic}';

/** Stands for the group of a plain subscription, which has none. */
const NO_GROUP = 'plain';

/** `dead-letter/{group}/{topic}` with group and topic filled in. */
export function deadLetterTopic(template: string, group: string | undefined, topic: string): string {
  return template.replaceAll(/\{(?:group|topic)\}/g, (name) => (name === '{topic}' ? topic : (group ?? NO_GROUP)));
}

/**
 * Makes sure that no dead letter of `filter` comes back to a worker of the same group.
 *
 * @throws InvalidOptionError for a name in braces that stands for nothing, InvalidTopicNameError for a template that makes no Topic Name, DeadLetterLoopError
 */
export function validateDeadLetterTopic(
  template: string,
  group: string | undefined,
  filter: TopicFilter,
  filtersOfGroup: readonly TopicFilter[],
): void {
  const where = 'the option `onError.deadLetterTopic`';
  const unknown = template.match(/\{[^{}/]*\}/g)?.find((name) => name !== '{group}' && name !== '{topic}');
  if (unknown !== undefined) {
    const rule = `"${unknown}" in "${template}" stands for nothing`;
    throw new InvalidOptionError('onError.deadLetterTopic', rule, 'There are {group} and {topic}.');
  }
  validateTopicName(deadLetterTopic(template, group, 'topic'), { where });
  const reached = withParent(filter.text).map((text) => reachedBy(deadLetterTopic(template, group, text)));
  const loop = filtersOfGroup.find((other) => reached.some((topics) => filtersOverlap(topics, other)));
  if (loop !== undefined) throw new DeadLetterLoopError(template, group, loop.text);
}

/** `sport/#` matches `sport` too (section 4.7.1.2), and what a template appends to that is no level below it. */
function withParent(filter: string): string[] {
  return filter.endsWith('/#') ? [filter, filter.slice(0, -'/#'.length)] : [filter];
}

/** Every topic that this makes when its wildcards are filled in; what follows a `#` in the middle can be anything. */
function reachedBy(written: string): TopicFilter {
  const rest = written.indexOf('#');
  const text = rest === -1 ? written : written.slice(0, rest + 1);
  const levels = text.split('/').map((level) => (level.endsWith('#') ? '#' : level.includes('+') ? '+' : level));
  // Not parsed from the levels: the text tells a first level `$…+` from a mere `+`, which stands for no `$`.
  return { text, levels, names: [] };
}
