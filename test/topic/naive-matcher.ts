/**
 * A second opinion on matching, written from the words of MQTT 5.0 section 4.7 alone and sharing no code with `lib`.
 *
 * - `+` matches only a single topic level, an empty one too (4.7.1.3).
 * - `#` represents the parent and any number of child levels (4.7.1.2).
 * - A filter starting with a wildcard does not match Topic Names beginning with a `$` character [MQTT-4.7.2-1].
 * - Otherwise each level of the filter matches the corresponding level character for character (4.7.3).
 */
export function naivelyMatches(filter: string, topic: string): boolean {
  if (topic[0] === '$' && (filter[0] === '+' || filter[0] === '#')) {
    return false;
  }
  return levelsMatch(filter.split('/'), topic.split('/'));
}

function levelsMatch([level, ...deeper]: string[], topic: string[]): boolean {
  if (level === undefined) {
    return topic.length === 0;
  }
  if (level === '#') {
    return true;
  }
  const [name, ...below] = topic;
  return name !== undefined && (level === '+' || level === name) && levelsMatch(deeper, below);
}
