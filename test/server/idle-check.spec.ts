import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { IdleCheck } from '../../lib/server/idle-check.js';

describe('The check for idleness', () => {
  let received = 0;
  let isIdle = true;
  let acts = 0;
  let check: IdleCheck;
  beforeEach(() => {
    jest.useFakeTimers();
    [received, isIdle, acts] = [0, true, 0];
    check = new IdleCheck(
      () => received,
      () => isIdle,
      () => acts++,
    );
    check.start();
  });
  afterEach(() => {
    check.stop();
    jest.useRealTimers();
  });

  it('acts in each second in which nothing came', () => {
    jest.advanceTimersByTime(3_000);
    expect(acts).toBe(3);
  });

  it('does nothing in a second in which something came, or while something is in hand', () => {
    received++;
    jest.advanceTimersByTime(1_000);
    isIdle = false;
    jest.advanceTimersByTime(1_000);
    expect(acts).toBe(0);
    isIdle = true;
    jest.advanceTimersByTime(1_000);
    expect(acts).toBe(1);
  });

  it('leaves no timer when it is stopped, or started twice', () => {
    check.start();
    expect(jest.getTimerCount()).toBe(1);
    check.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
