import { describe, expect, it, jest } from '@jest/globals';
import { Ledger } from '../../sample/01-work-queue/src/demo/ledger.js';

describe('The ledger of the work queue', () => {
  it('counts a job as open from its publication until it is handled', () => {
    const ledger = new Ledger();
    ledger.markPublished(1);
    ledger.markPublished(2);
    ledger.markHandled(2);
    expect(ledger).toMatchObject({ published: 2, handled: 1, unhandled: 1, duplicates: 0 });
  });

  it('accounts for a job whose handling is reported before its publication', () => {
    const ledger = new Ledger();
    ledger.markHandled(1);
    ledger.markPublished(1);
    expect(ledger).toMatchObject({ published: 1, handled: 1, unhandled: 0 });
  });

  it('counts a job that is handled again as a duplicate, and not as another one', () => {
    const ledger = new Ledger();
    ledger.markPublished(1);
    expect([ledger.markHandled(1), ledger.markHandled(1)]).toEqual([true, false]);
    expect(ledger).toMatchObject({ handled: 1, duplicates: 1 });
  });

  it('calls a job lost that the broker is done with and nobody reports', () => {
    jest.useFakeTimers();
    const ledger = new Ledger();
    for (const id of [1, 2, 3]) ledger.markPublished(id);
    ledger.markReleased(1);
    ledger.markReleased(2);
    ledger.markHandled(2);
    jest.advanceTimersByTime(1_001);
    expect(ledger.lost).toBe(1);
    jest.useRealTimers();
  });
});
