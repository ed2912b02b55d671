import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Renewal } from '../../lib/server/renewal.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** When the connection was renewed, where a message fails as soon as it comes again: `held` of them at once. */
async function renewalsWithin(milliseconds: number, redeliverAfter: number, held: number): Promise<number[]> {
  const renewals: number[] = [];
  const begin = Date.now();
  const renewal = new Renewal({ receiveMaximum: 4, redeliverAfter }, async () => {
    renewals.push(Date.now() - begin);
    setTimeout(() => renewal.held(held), 1); // and all of them have failed again
  });
  renewal.held(held);
  await jest.advanceTimersByTimeAsync(milliseconds);
  renewal.stop();
  return renewals;
}

describe('The renewal of a connection on which messages fail as soon as they come', () => {
  it.each([0, 1, 99])('does not spin with a `redeliverAfter` of %i', async (redeliverAfter) => {
    for (const held of [1, 4]) {
      const renewals = await renewalsWithin(1_000, redeliverAfter, held);
      const waits = renewals.slice(1).map((at, index) => at - (renewals[index] ?? 0));
      expect(renewals.length).toBeGreaterThanOrEqual(9);
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
    }
  });

  it('comes once a second where they fill the window, and after `redeliverAfter` where they do not', async () => {
    expect(await renewalsWithin(3_500, 2_000, 2)).toEqual([0, 1_000, 2_000, 3_000]);
    expect(await renewalsWithin(4_500, 2_000, 1)).toEqual([2_000, 4_001]);
  });

  it('is made up for where the next falls into one that takes long, and comes to nothing', async () => {
    let renewals = 0;
    const renewal = new Renewal({ receiveMaximum: 4, redeliverAfter: 30_000 }, async () => {
      renewals++;
      await new Promise((resolve) => setTimeout(resolve, 30_000)); // for a handler that does not end
    });
    renewal.held(4);
    await jest.advanceTimersByTimeAsync(10);
    renewal.connectionEnded(); // and comes back, with all that was held
    renewal.held(4);
    await jest.advanceTimersByTimeAsync(60_000);
    renewal.stop();
    expect(renewals).toBeGreaterThanOrEqual(2);
  });
});
