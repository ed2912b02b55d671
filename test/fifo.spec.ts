import { describe, expect, it } from '@jest/globals';
import fc from './support/fast-check.js';
import { Fifo } from '../lib/fifo.js';

const operation = fc.oneof(
  fc.record({ push: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ shift: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({ keepMultiplesOf: fc.integer({ min: 2, max: 3 }) }),
);

describe('Fifo', () => {
  it('does what an array does, also when it is long', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 20 }), (operations) => {
        const fifo = new Fifo<number>();
        let model: number[] = [];
        let count = 0;
        const shifted: unknown[] = [];
        const expected: unknown[] = [];
        for (const step of operations) {
          if ('push' in step) {
            for (let i = 0; i < step.push; i++) {
              fifo.push(count);
              model.push(count++);
            }
          } else if ('shift' in step) {
            for (const item of model.splice(0, step.shift)) {
              expected.push(item);
              shifted.push(fifo.shift());
            }
          } else {
            const keep = (value: number): boolean => value % step.keepMultiplesOf === 0;
            fifo.keepOnly(keep);
            model = model.filter(keep);
          }
          expect([fifo.length, fifo.first]).toEqual([model.length, model[0]]);
        }
        expect(shifted).toEqual(expected);
        expect(fifo.drain()).toEqual(model);
        expect([fifo.length, fifo.shift()]).toEqual([0, undefined]);
      }),
      { numRuns: 50 },
    );
  });
});
