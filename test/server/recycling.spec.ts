import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SessionPresence } from '../../lib/adoption/session-presence.js';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import type { Consumer } from '../../lib/delivery/consumer.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import { Recycling } from '../../lib/server/recycling.js';
import { SessionAnnouncer } from '../../lib/server/session-announcer.js';
import { Link } from '../../lib/session/link.js';
import { promisesToSettle } from '../delivery/routes.js';
import { FakeWire } from '../support/fake-wire.js';

const IDLE = {
  snapshot: () => ({ held: 1 }),
  holdStarts: () => {},
  whenNothingRuns: () => Promise.resolve(),
  discardArrivals: () => {},
  leaveUnsettled: () => {},
} as unknown as Consumer;

describe('The renewal of a connection', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each(['before the broker has read its acknowledgements', 'before the broker has answered what is said of it'])(
    'is over when that ends by itself, %s',
    async (when) => {
      const session = new SessionPresence({
        prefix: 'presence',
        group: 'workers',
        clientId: 'w1:workers:0',
        incarnation: 'this process',
        filters: ['$share/workers/jobs/#'],
      });
      const announcer = new SessionAnnouncer({ session, last: () => undefined, retained: async () => undefined });
      const wires: FakeWire[] = [];
      const link = new Link(
        async (listener) => {
          const wire = new FakeWire();
          wire.listener = listener;
          wires.push(wire);
          return wire;
        },
        {
          connected: async (wire) => {
            void announcer.alive(wire);
          },
          disconnected: () => {},
        },
        { initial: 1, factor: 1, max: 1, jitter: 0 },
      );
      await link.start();
      const [wire] = wires;
      if (when.includes('acknowledgements')) {
        wire!.ping = async () => {
          wire!.end();
          throw new Error('The connection ended before PINGRESP.');
        };
      }
      const recycling = new Recycling(
        {
          clientId: 'w1:workers:0',
          filters: [],
          persistent: true,
          profile: KNOWN_BROKERS.mosquitto,
          answerTimeout: 10_000,
          redeliverAfter: 1_000,
          events: new EventBus(() => {}),
        },
        link,
        IDLE,
        announcer,
        new AbortController().signal,
      );
      let isOver = false;
      void recycling.run().then(() => (isOver = true));
      await promisesToSettle();
      wire!.end();
      await promisesToSettle();
      jest.advanceTimersByTime(5);
      await promisesToSettle();
      expect(wires).toHaveLength(2);
      expect(isOver).toBe(true);
      await link.stop();
    },
  );
});
