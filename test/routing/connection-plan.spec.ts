import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { planConnections } from '../../lib/routing/connection-plan.js';
import type { PlannedConnection } from '../../lib/routing/connection-plan.js';
import { filtersOverlap } from '../../lib/topic/overlap.js';
import { parseTopicFilter } from '../../lib/topic/topic-filter.js';
import type { TopicFilter } from '../../lib/topic/topic-filter.js';
import { topicFilter } from '../topic/arbitraries.js';

interface Subscription {
  readonly group: string | undefined;
  readonly filter: TopicFilter;
}

const PLAIN = undefined;

function subscription(group: string | undefined, text: string): Subscription {
  return { group, filter: parseTopicFilter(text, { namedLevels: false }) };
}

/** `group#index: filter filter`, which is all there is to a planned connection. */
function written(plan: readonly PlannedConnection<Subscription>[]): string[] {
  return plan.map(
    (connection) =>
      `${connection.kind === 'plain' ? '(plain)' : connection.group}#${connection.index}: ` +
      connection.subscriptions.map(({ filter }) => filter.text).join(' '),
  );
}

describe('A connection plan', () => {
  it('gives one group without overlaps one connection', () => {
    const plan = planConnections([subscription('g', 'a/+'), subscription('g', 'b/#')], { connections: 1 });
    expect(written(plan)).toEqual(['g#0: a/+ b/#']);
  });

  it('separates groups, shared from plain, and filters that overlap', () => {
    const plan = planConnections(
      [
        subscription('g', 'a/#'),
        subscription(PLAIN, 'a/#'),
        subscription('h', 'a/#'),
        subscription('g', 'a/+/c'),
        subscription('g', 'b'),
        subscription(PLAIN, 'a'),
        subscription('g', '+'),
      ],
      { connections: 1 },
    );
    expect(written(plan)).toEqual(['g#0: a/# b', 'g#1: a/+/c +', '(plain)#0: a/#', '(plain)#1: a', 'h#0: a/#']);
  });

  it('gives a connection no more filters of a group than its will can tell of', () => {
    const long = (i: number): string => `${i}/${'x'.repeat(1_000)}`;
    const filters = Array.from({ length: 150 }, (_, i) => long(i));
    const shared = planConnections(
      filters.map((filter) => subscription('g', filter)),
      { connections: 1 },
    );
    expect(shared.flatMap(({ subscriptions }) => subscriptions.map(({ filter }) => filter.text))).toEqual(filters);
    for (const { subscriptions } of shared) {
      const patterns = subscriptions.map(({ filter }) => `$share/g/${filter.text}`);
      expect(Buffer.byteLength(JSON.stringify(patterns))).toBeLessThan(64_000);
    }
    const plain = planConnections(
      filters.map((filter) => subscription(PLAIN, filter)),
      { connections: 1 },
    );
    expect(plain).toHaveLength(1);
  });

  it('opens each connection of a group as often as asked, and plain ones once', () => {
    const subscriptions = [subscription('g', 'a/#'), subscription('g', 'a/b'), subscription(PLAIN, 'a')];
    expect(written(planConnections(subscriptions, { connections: 2 }))).toEqual([
      'g#0: a/#',
      'g#1: a/#',
      'g#2: a/b',
      'g#3: a/b',
      '(plain)#0: a',
    ]);
  });

  it('takes the number of connections by group, and 1 for a group that is not named', () => {
    const subscriptions = ['g', 'h', 'constructor', '__proto__'].map((group) => subscription(group, 'a'));
    expect(written(planConnections(subscriptions, { connections: { g: 2 } }))).toEqual([
      'g#0: a',
      'g#1: a',
      'h#0: a',
      'constructor#0: a',
      '__proto__#0: a',
    ]);
  });

  it('has no connection where nothing is subscribed', () => {
    expect(planConnections([], { connections: 3 })).toEqual([]);
  });

  it.each(['g', PLAIN])('refuses one filter twice in group %s', (group) => {
    const twice = [subscription(group, 'a/#'), subscription(group, 'a'), subscription(group, 'a')];
    expect(() => planConnections(twice, { connections: 1 })).toThrow('"a" appears twice');
  });
});

describe('Any connection plan', () => {
  const subscriptions = fc
    .uniqueArray(fc.tuple(fc.constantFrom('g', 'h', PLAIN), topicFilter), {
      maxLength: 20,
      selector: ([group, text]) => `${group} ${text}`,
    })
    .map((pairs) => pairs.map(([group, text]) => subscription(group, text)));
  const connections = fc.oneof(
    fc.integer({ min: 1, max: 3 }),
    fc.record({ g: fc.integer({ min: 1, max: 3 }) }, { requiredKeys: [] }),
  );
  const copiesOf = (group: string, asked: number | { g?: number }): number =>
    typeof asked === 'number' ? asked : group === 'g' ? (asked.g ?? 1) : 1;

  it('never carries two groups, shared and plain together, or two overlapping filters in one connection', () => {
    fc.assert(
      fc.property(subscriptions, connections, (input, asked) => {
        for (const connection of planConnections(input, { connections: asked })) {
          const group = connection.kind === 'plain' ? PLAIN : connection.group;
          expect(new Set(connection.subscriptions.map((one) => one.group))).toEqual(new Set([group]));
          const filters = connection.subscriptions.map(({ filter }) => filter);
          const overlaps = filters.flatMap((a, index) => filters.slice(index + 1).filter((b) => filtersOverlap(a, b)));
          expect(overlaps).toEqual([]);
        }
      }),
    );
  });

  it('carries each shared subscription as often as its group asks, and each plain one once', () => {
    fc.assert(
      fc.property(subscriptions, connections, (input, asked) => {
        const plan = planConnections(input, { connections: asked });
        for (const one of input) {
          const carriers = plan.filter((connection) => connection.subscriptions.includes(one));
          expect(carriers).toHaveLength(one.group === undefined ? 1 : copiesOf(one.group, asked));
        }
      }),
    );
  });

  it('numbers the connections of each group from 0 without gaps', () => {
    fc.assert(
      fc.property(subscriptions, connections, (input, asked) => {
        const plan = planConnections(input, { connections: asked });
        for (const group of ['g', 'h', PLAIN]) {
          const indices = plan
            .filter((connection) => (connection.kind === 'plain' ? PLAIN : connection.group) === group)
            .map(({ index }) => index);
          expect(indices).toEqual([...indices.keys()]);
        }
      }),
    );
  });

  it('moves no subscription when others are added at the end', () => {
    fc.assert(
      fc.property(subscriptions, connections, fc.nat(20), (input, asked, length) => {
        const places = (plan: readonly PlannedConnection<Subscription>[], one: Subscription) =>
          plan.filter((connection) => connection.subscriptions.includes(one)).map(({ index }) => index);
        const before = planConnections(input.slice(0, length), { connections: asked });
        const after = planConnections(input, { connections: asked });
        for (const one of input.slice(0, length)) {
          expect(places(after, one)).toEqual(places(before, one));
        }
      }),
    );
  });
});
