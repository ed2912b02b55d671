import { InvalidTopicFilterError } from '../errors/invalid-topic-filter.error.js';
import { nameFault, parseFilterLevel, wildcardFault } from './filter-level.js';
import { characterFault, lengthFault } from './utf8-string.js';

export interface NamedLevel {
  readonly name: string;
  /** Index into {@link TopicFilter.levels}. */
  readonly level: number;
}

/** A Topic Filter that was found valid by MQTT 5.0 section 4.7. */
export interface TopicFilter {
  /** As it goes over the wire, level names removed. */
  readonly text: string;
  /** The levels of `text`. */
  readonly levels: readonly string[];
  /** The wildcards that have a name, in the order of their levels. */
  readonly names: readonly NamedLevel[];
}

export interface TopicFilterSyntax {
  /** Whether `+deviceId` is `+` with a name and `#rest` is `#` with one; else both are errors. */
  readonly namedLevels: boolean;
  /** Where the filter was given, for the error. */
  readonly where?: string;
}

/** @throws InvalidTopicFilterError which names the rule. */
export function parseTopicFilter(written: string, { namedLevels, where }: TopicFilterSyntax): TopicFilter {
  const malformed = characterFault(written);
  if (malformed) {
    throw new InvalidTopicFilterError({ value: written, where, ...malformed });
  }
  const parsed = written.split('/').map((level) => parseFilterLevel(level, namedLevels));
  const levels = parsed.map(({ level }) => level);
  const names = parsed.flatMap(({ name }, level) => (name === undefined ? [] : [{ name, level }]));
  const text = levels.join('/');
  const fault = wildcardFault(levels, namedLevels) ?? nameFault(names.map(({ name }) => name)) ?? lengthFault(text);
  if (fault) {
    throw new InvalidTopicFilterError({ value: written, where, ...fault });
  }
  return { text, levels, names };
}
