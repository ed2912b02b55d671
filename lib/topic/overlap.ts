import type { TopicFilter } from './topic-filter.js';

/**
 * Whether a Topic Name exists that both filters match, `$`-topics included.
 * Never wrongly `false`. `true` also where the only such name would be empty (`+` and `/#`) or too long to be sent.
 */
export function filtersOverlap(a: TopicFilter, b: TopicFilter): boolean {
  // Wildcards do not match a first level that begins with `$` [MQTT-4.7.2-1].
  if (a.text.startsWith('$') !== b.text.startsWith('$')) {
    return false;
  }
  const both = Math.min(a.levels.length, b.levels.length);
  for (let index = 0; index < both; index += 1) {
    const x = a.levels[index];
    const y = b.levels[index];
    if (x === '#' || y === '#') {
      return true;
    }
    if (x !== y && x !== '+' && y !== '+') {
      return false;
    }
  }
  // `#` includes the parent level, so `sport/#` matches `sport` (section 4.7.1.2).
  const beyond = a.levels[both] ?? b.levels[both];
  return beyond === undefined || beyond === '#';
}
