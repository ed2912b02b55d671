import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import { Arrival } from '../../lib/server/arrival.js';
import { SessionAnnouncer } from '../../lib/server/session-announcer.js';
import { FakeWire } from '../support/fake-wire.js';

const ANSWER_TIMEOUT = 1_000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Subscribes on a connection whose SUBACK the test sends. */
function arrive() {
  const reading = { isPaused: false, pauses: 0 };
  const wire = new FakeWire();
  let grant = (): void => {};
  wire.onSubscribe = () => new Promise((resolve) => (grant = () => resolve([])));
  const options = {
    clientId: 'w',
    subscriptions: [],
    filters: [],
    allowDowngrade: false,
    profile: KNOWN_BROKERS.mosquitto,
    answerTimeout: ANSWER_TIMEOUT,
    events: new EventBus(() => {}),
  };
  const arrival = new Arrival(options, reading, new SessionAnnouncer(undefined), new AbortController().signal);
  arrival.opened(wire);
  const outcome = arrival.complete(wire).catch((error: unknown) => error);
  return { arrival, reading, outcome, grant: () => grant() };
}

it('SUBACK is waited for when it may come behind messages that reading has paused for, though it does not just now', async () => {
  const { reading, outcome, grant } = arrive();
  await jest.advanceTimersByTimeAsync(ANSWER_TIMEOUT / 2);
  reading.pauses++;
  await jest.advanceTimersByTimeAsync(ANSWER_TIMEOUT);
  reading.pauses++;
  await jest.advanceTimersByTimeAsync(ANSWER_TIMEOUT);
  grant();
  expect(await outcome).toBe(true);
});

it('SUBACK is waited for while reading is paused', async () => {
  const { reading, outcome, grant } = arrive();
  reading.isPaused = true;
  await jest.advanceTimersByTimeAsync(3 * ANSWER_TIMEOUT);
  grant();
  expect(await outcome).toBe(true);
});

it('SUBACK is not waited for beyond its time when nothing keeps it from being read', async () => {
  const { reading, outcome } = arrive();
  reading.pauses++;
  await jest.advanceTimersByTimeAsync(2 * ANSWER_TIMEOUT);
  expect(await outcome).toMatchObject({ code: 'NO_ANSWER' });
});

it('SUBACK is not waited for when the connection has ended, and no timer is left', async () => {
  const { arrival, outcome } = arrive();
  arrival.ended();
  expect(await outcome).toMatchObject({ message: 'The connection ended before the broker answered.' });
  expect(jest.getTimerCount()).toBe(0);
});
