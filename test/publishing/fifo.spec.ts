import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Fifo } from '../../lib/publishing/fifo.js';

describe('Fifo', () => {
  it('does what an array does, also when it is long', () => {
    const runs = fc.array(fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: -3_000, max: -1 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(runs, (steps) => {
        const fifo = new Fifo<number>();
        let model: number[] = [];
        let count = 0;
        for (const step of steps) {
          for (let i = 0; i < step; i++) {
            fifo.push(count);
            model.push(count++);
          }
          const expected = model.slice(0, Math.max(0, -step));
          model = model.slice(expected.length);
          expect(expected.map(() => fifo.shift())).toEqual(expected);
          expect([fifo.size, fifo.peek()]).toEqual([model.length, model[0]]);
        }
        expect(fifo.drain()).toEqual(model);
        expect([fifo.size, fifo.shift()]).toEqual([0, undefined]);
      }),
      { numRuns: 50 },
    );
  });
});
