import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { filtersOverlap } from '../../lib/topic/overlap.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';
import { LEVEL_NAMES, topicFilter } from './arbitraries.js';
import { naivelyMatches } from './naive-matcher.js';

const overlap = (a: string, b: string): boolean =>
  filtersOverlap(parseTopicFilter(a, { namedLevels: false }), parseTopicFilter(b, { namedLevels: false }));

/**
 * Every topic of up to five levels over the generator's names and one that no filter has. Two filters of the generator
 * that overlap do so in here: they have five levels at most, and `#` is satisfied by its parent. The empty name is in,
 * because `filtersOverlap` counts it.
 */
const universe = (function topics(depth: number): string[] {
  const names = [...LEVEL_NAMES, 'other'];
  return depth === 1
    ? names
    : [...names, ...topics(depth - 1).flatMap((below) => names.map((name) => `${name}/${below}`))];
})(5);

describe('Two Topic Filters', () => {
  it.each([
    ['a', 'a'],
    ['a/+', '+/b'],
    ['a/#', 'a'],
    ['a/#', 'a/b/c'],
    ['#', 'a/b'],
    ['#', '+'],
    ['+/b/#', 'a/+/c'],
    ['sport/+', 'sport/'],
    ['/+', '+/+'],
    ['$SYS/#', '$SYS/+/b'],
    ['a/+/#', 'a/b'],
  ])('%s and %s overlap', (a, b) => {
    expect([overlap(a, b), overlap(b, a)]).toEqual([true, true]);
  });

  it.each([
    ['a', 'b'],
    ['a', 'A'],
    ['a', 'a/'],
    ['a/+', 'a'],
    ['a/+', 'a/b/c'],
    ['a/+/c', '+/b/d'],
    ['a/b/#', 'c/+/+/d'],
    ['a/+/#', 'a'],
    ['#', '$SYS/a'],
    ['#', '$SYS/#'],
    ['+/a', '$SYS/a'],
    ['+/#', '$SYS/#'],
  ])('%s and %s do not overlap', (a, b) => {
    expect([overlap(a, b), overlap(b, a)]).toEqual([false, false]);
  });

  it('overlap exactly when some topic matches both', () => {
    fc.assert(
      fc.property(topicFilter, topicFilter, (a, b) => {
        const common = universe.find((topic) => naivelyMatches(a, topic) && naivelyMatches(b, topic));
        expect(overlap(a, b)).toBe(common !== undefined);
      }),
      { numRuns: 1_000 },
    );
  });
});
