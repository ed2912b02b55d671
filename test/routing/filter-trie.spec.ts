import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { FilterTrie } from '../../lib/routing/filter-trie.js';
import { filtersOverlap } from '../../lib/topic/overlap.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';
import type { TopicFilter } from '../../lib/topic/topic-filter.js';
import { topicFilter, topicName } from '../topic/arbitraries.js';
import { naivelyMatches } from '../topic/naive-matcher.js';

const parse = (text: string): TopicFilter => parseTopicFilter(text, { namedLevels: false });

/** A trie in which every filter has its own text as its value. */
function trieOf(filters: readonly string[]): FilterTrie<string> {
  const trie = new FilterTrie<string>();
  for (const filter of filters) {
    trie.add(parse(filter), filter);
  }
  return trie;
}

const matches = (filter: string, topic: string): boolean => trieOf([filter]).match(topic).length === 1;

describe('Matching by the specification', () => {
  it.each([
    ['4.7.1.2', 'sport/tennis/player1/#', 'sport/tennis/player1'],
    ['4.7.1.2', 'sport/tennis/player1/#', 'sport/tennis/player1/ranking'],
    ['4.7.1.2', 'sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon'],
    ['4.7.1.2', 'sport/#', 'sport'],
    ['4.7.1.2', '#', 'sport/tennis'],
    ['4.7.1.2', '#', '/'],
    ['4.7.1.3', 'sport/tennis/+', 'sport/tennis/player1'],
    ['4.7.1.3', 'sport/tennis/+', 'sport/tennis/player2'],
    ['4.7.1.3', 'sport/+', 'sport/'],
    ['4.7.1.3', '+/+', '/finance'],
    ['4.7.1.3', '/+', '/finance'],
    ['4.7.1.3', '+/tennis/#', 'sport/tennis'],
    ['4.7.1.3', 'sport/+/player1', 'sport//player1'],
    ['4.7.2', '$SYS/#', '$SYS/broker/uptime'],
    ['4.7.2', '$SYS/#', '$SYS'],
    ['4.7.2', '$SYS/monitor/+', '$SYS/monitor/Clients'],
    ['4.7.2', 'a/+', 'a/$b'],
    ['4.7.2', '+/#', 'a/$b'],
    ['4.7.3', '/finance', '/finance'],
    ['4.7.3', 'true', 'true'],
    ['4.7.3', '1.0', '1.0'],
  ])('section %s: %s matches %s', (_section, filter, topic) => {
    expect(matches(filter, topic)).toBe(true);
  });

  it.each([
    ['4.7.1.2', 'sport/tennis/#', 'sport'],
    ['4.7.1.2', 'sport/#', 'sports'],
    ['4.7.1.3', 'sport/tennis/+', 'sport/tennis/player1/ranking'],
    ['4.7.1.3', 'sport/+', 'sport'],
    ['4.7.1.3', '+', '/finance'],
    ['4.7.2', '#', '$SYS'],
    ['4.7.2', '#', '$SYS/broker'],
    ['4.7.2', '+/monitor/Clients', '$SYS/monitor/Clients'],
    ['4.7.2', '+', '$'],
    ['4.7.3', 'ACCOUNTS', 'Accounts'],
    ['4.7.3', '/finance', 'finance'],
    ['4.7.3', 'a', 'a/'],
    ['4.7.3', '1.0', '1'],
  ])('section %s: %s does not match %s', (_section, filter, topic) => {
    expect(matches(filter, topic)).toBe(false);
  });
});

describe('A filter trie', () => {
  const filters = fc.uniqueArray(topicFilter, { maxLength: 25 });

  it('finds what a naive matcher finds, and nothing else', () => {
    fc.assert(
      fc.property(filters, topicName, (stored, topic) => {
        const expected = stored.filter((filter) => naivelyMatches(filter, topic));
        expect(trieOf(stored).match(topic).toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 5_000 },
    );
  });

  it('finds first one of the matches, and nothing only where there is none', () => {
    fc.assert(
      fc.property(filters, topicName, (stored, topic) => {
        const expected = stored.filter((filter) => naivelyMatches(filter, topic));
        const first = trieOf(stored).first(topic);
        expect(expected.length > 0 ? expected : [undefined]).toContain(first);
      }),
      { numRuns: 5_000 },
    );
  });

  it('overlaps with a filter exactly when one of its own does', () => {
    fc.assert(
      fc.property(fc.uniqueArray(topicFilter, { maxLength: 4 }), topicFilter, (stored, filter) => {
        const expected = stored.some((other) => filtersOverlap(parse(other), parse(filter)));
        expect(trieOf(stored).overlaps(parse(filter))).toBe(expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it('keeps the value that a filter has, and gives it back', () => {
    const trie = new FilterTrie<string>();
    expect(trie.add(parse('a/+'), 'first')).toBe('first');
    expect(trie.add(parseTopicFilter('a/+name', { namedLevels: true }), 'second')).toBe('first');
    expect(trie.get('a/+')).toBe('first');
    expect(trie.match('a/b')).toEqual(['first']);
    expect(trie.get('a/b')).toBeUndefined();
  });

  it('keeps values that are falsy', () => {
    const trie = new FilterTrie<number>();
    trie.add(parse('a'), 0);
    expect(trie.first('a')).toBe(0);
    expect(trie.add(parse('a'), 1)).toBe(0);
  });

  it('finds nothing, and overlaps with nothing, when it is empty', () => {
    const trie = trieOf([]);
    expect(trie.match('a')).toEqual([]);
    expect(trie.first('$a')).toBeUndefined();
    expect(trie.overlaps(parse('#'))).toBe(false);
  });

  it('finds each of 10,000 filters by its own topic', () => {
    const stored = Array.from({ length: 10_000 }, (_, index) => `devices/${index}/${['a', '+', '#'][index % 3]}`);
    const trie = trieOf(stored);
    expect(stored.map((filter) => trie.first(filter.replace(/[+#]/, 'a')))).toEqual(stored);
  });

  it('is not confused by levels that are names of object members', () => {
    const trie = trieOf(['__proto__/a', 'constructor']);
    expect(trie.match('__proto__/a')).toEqual(['__proto__/a']);
    expect(trie.match('toString')).toEqual([]);
  });
});

describe('A hostile topic', () => {
  const slashes = '/'.repeat(65_535);

  it('of 65,535 slashes finds the filters that match it', () => {
    const stored = ['#', '+/#', '/#', '//+/#', '+/+', slashes, `${'/'.repeat(65_534)}#`, 'a/#'];
    const expected = ['#', '+/#', '/#', '//+/#', slashes, `${'/'.repeat(65_534)}#`];
    expect(trieOf(stored).match(slashes).toSorted()).toEqual(expected.toSorted());
  });

  it('of 30,000 levels passes a filter with as many wildcards, without recursion', () => {
    const deep = `${'+/'.repeat(30_000)}end`;
    const trie = trieOf([deep]);
    expect(trie.first(`${'a/'.repeat(30_000)}end`)).toBe(deep);
    expect(trie.first(`${'a/'.repeat(30_000)}other`)).toBeUndefined();
    expect(trie.overlaps(parse(`${'a/'.repeat(30_000)}+`))).toBe(true);
  });

  it('is found once by each of many filters that differ in their wildcards', () => {
    const stored = Array.from({ length: 2 ** 12 }, (_, bits) =>
      Array.from({ length: 12 }, (_level, level) => ((bits >> level) & 1 ? '+' : 'a')).join('/'),
    );
    const topic = Array.from({ length: 12 }, () => 'a').join('/');
    expect(trieOf(stored).match(topic).toSorted()).toEqual(stored.toSorted());
    expect(trieOf(stored).match(`${topic}/b`)).toEqual([]);
  });
});
