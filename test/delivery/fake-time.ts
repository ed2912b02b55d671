import { afterEach, beforeEach, jest } from '@jest/globals';
import { promisesToSettle } from './routes.js';

/** Time passes in the tests of this file only as they say. */
export function fakeTimeForEachTest(): void {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });
}

/** Lets time pass, and what follows from it happen. */
export async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await promisesToSettle();
}
