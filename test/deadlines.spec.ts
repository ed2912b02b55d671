import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadlines } from '../lib/deadlines.js';
import fc from './support/fast-check.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('Deadlines', () => {
  it('call back for each that is still there when its time has passed, and for no other', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 60 }),
      removed: fc.option(fc.nat(150), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const deadlines = new Deadlines(100);
        const expired: [number, number][] = [];
        const expected: [number, number][] = [];
        let at = 0;
        const start = Date.now();
        steps.forEach(({ wait, removed }, index) => {
          const deadline = deadlines.add(() => expired.push([index, Date.now() - start]));
          if (removed === undefined || removed >= 100) expected.push([index, at + 100]);
          else setTimeout(() => deadlines.remove(deadline), removed);
          at += wait;
          jest.advanceTimersByTime(wait);
        });
        jest.advanceTimersByTime(200);
        expect(expired).toEqual(expected);
        expect(jest.getTimerCount()).toBe(0);
      }),
    );
  });

  it('call nothing back once they are cleared', () => {
    const deadlines = new Deadlines(100);
    const expired = jest.fn();
    deadlines.add(expired);
    deadlines.clear();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(200);
    expect(expired).not.toHaveBeenCalled();
  });

  it('are not thrown into disorder by the removal of what has expired, or was cleared', () => {
    const deadlines = new Deadlines(100);
    const expired: string[] = [];
    const early = deadlines.add(() => {
      expired.push('early');
      deadlines.add(() => expired.push('late'));
      deadlines.remove(early);
    });
    jest.advanceTimersByTime(150);
    const cleared = deadlines.add(() => expired.push('cleared'));
    deadlines.remove(early);
    jest.advanceTimersByTime(60);
    deadlines.clear();
    deadlines.add(() => expired.push('last'));
    deadlines.remove(cleared);
    jest.advanceTimersByTime(100);
    expect(expired).toEqual(['early', 'late', 'last']);
  });

  it('keep no process from ending', () => {
    jest.useRealTimers();
    const timers = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
    const before = timers();
    const deadlines = new Deadlines(600_000);
    deadlines.add(() => {});
    expect(timers()).toBe(before);
    deadlines.clear();
  });
});
