import { expect, test } from '@jest/globals';
import fc from '../support/fast-check.js';

import { InflightWindow } from '../../lib/testing/inflight-window.js';
import { createMessage, type Delivery } from '../../lib/testing/message.js';
import { Ranking } from '../../lib/testing/ranking.js';

test('A Ranking goes around the lowest level, as a list that is searched would', () => {
  const item = fc.integer({ min: 0, max: 5 });
  const operation = fc.oneof(
    fc.record({ place: item, level: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ remove: item }),
    fc.record({ next: fc.constant(true) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const ranking = new Ranking<number>();
      let model: { item: number; level: number }[] = [];
      const given: unknown[] = [];
      const expected: unknown[] = [];
      for (const current of operations) {
        if ('place' in current) {
          ranking.place(current.place, current.level);
          const there = model.some((entry) => entry.item === current.place && entry.level === current.level);
          if (!there) {
            model = model.filter((entry) => entry.item !== current.place);
            model.push({ item: current.place, level: current.level });
          }
        } else if ('remove' in current) {
          ranking.remove(current.remove);
          model = model.filter((entry) => entry.item !== current.remove);
        } else {
          const lowest = Math.min(...model.map(({ level }) => level));
          const first = model.find(({ level }) => level === lowest);
          expected.push(first?.item);
          given.push(ranking.next());
          if (first) model = [...model.filter((entry) => entry !== first), first];
        }
      }
      expect(given).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('An InflightWindow gives identifiers from 1 to 65,535, and around again past those in use', () => {
  const message = createMessage({ topic: 't', payload: '', qos: 1, retain: false }, undefined);
  const delivery: Delivery = {
    message,
    qos: 1,
    retain: false,
    subscriptionIdentifier: undefined,
    share: undefined,
    group: undefined,
  };
  const window = new InflightWindow();
  window.open(10, { paced: false });
  const held = window.add(delivery);
  for (let packetId = 2; packetId <= 65_535; packetId++) window.finish(window.add(delivery));

  expect(held.packetId).toBe(1);
  expect(window.add(delivery).packetId).toBe(2);
  expect(window.packetIds).toEqual([1, 2]);
});
