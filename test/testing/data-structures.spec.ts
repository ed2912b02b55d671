import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { Fifo } from '../../lib/testing/fifo.js';
import { InflightWindow } from '../../lib/testing/inflight-window.js';
import { createMessage, type Delivery } from '../../lib/testing/message.js';
import { Ranking } from '../../lib/testing/ranking.js';

test('A Fifo gives what an array would give', () => {
  const operation = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ shift: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ keepMultiplesOf: fc.integer({ min: 2, max: 3 }) }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 20 }), (operations) => {
      const fifo = new Fifo<number>();
      let model: number[] = [];
      let next = 0;
      const given: unknown[] = [];
      const expected: unknown[] = [];
      for (const current of operations) {
        if ('push' in current) {
          for (let i = 0; i < current.push; i++) {
            fifo.push(next);
            model.push(next++);
          }
        } else if ('shift' in current) {
          const removed = model.splice(0, current.shift);
          expected.push(removed);
          given.push(removed.map(() => fifo.shift()));
        } else {
          const keep = (value: number): boolean => value % current.keepMultiplesOf === 0;
          fifo.keep(keep);
          model = model.filter(keep);
        }
        expected.push(model.length);
        given.push(fifo.length);
      }
      expect(given).toEqual(expected);
      expect(model.map(() => fifo.shift())).toEqual(model);
      expect(fifo.shift()).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

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
  const delivery: Delivery = { message, qos: 1, retain: false, subscriptionIdentifier: undefined, share: undefined };
  const window = new InflightWindow();
  window.open(10);
  const held = window.add(delivery);
  for (let packetId = 2; packetId <= 65_535; packetId++) window.finish(window.add(delivery));

  expect(held.packetId).toBe(1);
  expect(window.add(delivery).packetId).toBe(2);
  expect(window.packetIds).toEqual([1, 2]);
});
