import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MQTTSharedError } from '../../lib/errors/mqtt-shared.error.js';
import { ReplyPublisher } from '../../lib/server/reply-publisher.js';
import type { OutboundPublish, Wire } from '../../lib/session/wire.js';
import { promisesToSettle } from '../delivery/routes.js';
import { FakeWire } from '../support/fake-wire.js';

const LIMIT = 1_000;
const RECONNECT = { initial: 100, factor: 1, max: 100, jitter: 0 };

/** What the next connection is; without one `opening` is waited for. */
let next: FakeWire | undefined;
let opening: Promise<Wire>;
let publisher: ReplyPublisher;
let outcomes: Map<string, string>;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] });
  next = new FakeWire();
  opening = new Promise(() => {});
  outcomes = new Map();
  publisher = new ReplyPublisher({
    open: (listener) => {
      const wire = next;
      if (wire === undefined) return opening;
      wire.listener = listener;
      return Promise.resolve(wire);
    },
    reconnect: RECONNECT,
    answerTimeout: LIMIT,
  });
});
afterEach(() => {
  jest.useRealTimers();
});

function publish(payload: string): void {
  const message: OutboundPublish = { topic: 'replies/1', payload, qos: 1, retain: false };
  publisher.publish(message).then(
    () => outcomes.set(payload, 'taken'),
    (error: unknown) => outcomes.set(payload, (error as MQTTSharedError).code),
  );
}

async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await promisesToSettle();
}

async function connected(): Promise<FakeWire> {
  const wire = next!;
  publish('first');
  await pass(0);
  wire.sent[0]?.confirm();
  await pass(0);
  expect(outcomes.get('first')).toBe('taken');
  next = new FakeWire();
  return wire;
}

describe('What a server publishes', () => {
  it('is refused when there is no connection for longer than the limit, and not published later', async () => {
    const wire = await connected();
    const later = next!;
    next = undefined;
    let open = (_wire: Wire): void => {};
    opening = new Promise((resolve) => (open = resolve));
    wire.end();
    publish('a');
    await pass(LIMIT / 2);
    publish('b');
    await pass(LIMIT / 2);
    expect(outcomes.get('a')).toBe('NOT_CONNECTED');
    open(later);
    await pass(0);
    expect(later.payloads).toEqual(['b']);
  });

  it('is refused when the first connection takes longer than the limit, and not published then', async () => {
    next = undefined;
    publish('a');
    await pass(LIMIT);
    expect(outcomes.get('a')).toBe('NOT_CONNECTED');
    await publisher.close(0);
  });

  it('leaves in order, also at the moment when the first connection comes up', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const wire = new FakeWire();
      let open = (): void => {};
      opening = new Promise((resolve) => (open = () => resolve(wire)));
      const starting = new ReplyPublisher({
        open: (listener) => {
          wire.listener = listener;
          return opening;
        },
        reconnect: RECONNECT,
        answerTimeout: LIMIT,
      });
      const send = (payload: string): void =>
        starting.send({ topic: 'replies/1', payload, qos: 1, retain: false }, () => {});
      send('a');
      open();
      for (let i = 0; i < turns; i++) await Promise.resolve();
      send('b');
      await pass(0);
      expect(wire.payloads).toEqual(['a', 'b']);
      for (const sent of wire.sent) sent.confirm();
      await starting.close(0);
    }
  });

  it('and not confirmed within the limit is refused, on a connection that is given up when it confirms nothing', async () => {
    const wire = await connected();
    const { sent } = next!;
    publish('a');
    await pass(LIMIT / 2);
    publish('b');
    await pass(LIMIT / 2);
    expect(outcomes.get('a')).toBe('NO_ANSWER');
    expect(wire.log.at(-1)).toBe('destroy');
    await pass(100);
    // `a` may be with the broker, and has been reported as failed; `b` has time left.
    expect(sent.map(({ payload }) => payload)).toEqual(['b']);
    sent[0]?.confirm();
    await pass(0);
    expect(outcomes.get('b')).toBe('taken');
  });

  it('and not confirmed within the limit does not end a connection that confirms others', async () => {
    const wire = await connected();
    publish('a');
    await pass(LIMIT / 2);
    publish('b');
    await pass(LIMIT / 4);
    wire.sent[2]?.confirm();
    await pass(LIMIT / 4);
    expect([outcomes.get('a'), outcomes.get('b'), wire.open]).toEqual(['NO_ANSWER', 'taken', true]);
    // A confirmation that comes late changes nothing.
    wire.sent[1]?.confirm();
    await pass(0);
    expect(outcomes.get('a')).toBe('NO_ANSWER');
  });
});
