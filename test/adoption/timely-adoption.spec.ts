import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Adopter } from '../../lib/adoption/adopter.js';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import { EventBus } from '../../lib/observability/event-bus.js';
import { DEFAULT_RECONNECT } from '../../lib/session/link.js';
import type { Wire, WireListener } from '../../lib/session/wire.js';
import { FakeWire } from '../support/fake-wire.js';
import { FILTER, GROUP, PREFIX, presence, retained } from './presences.js';

const AFTER = 1000;

/** The connection on which presence is watched. Its server has news that it gives before its next PINGRESP. */
class Watch extends FakeWire {
  news: (() => void) | undefined;

  override async ping(): Promise<void> {
    const { news } = this;
    this.news = undefined;
    news?.();
  }
}

describe('A session that is gone', () => {
  const gone = presence('dead:workers:0', { state: 'gone' });
  const watch = new Watch();
  const open = jest.fn<(clientId: string) => Promise<Wire>>();
  let adopter: Adopter;

  beforeEach(async () => {
    jest.useFakeTimers();
    open.mockReset().mockRejectedValue(new Error('There is no broker.'));
    adopter = new Adopter({
      clientId: 'heir:presence',
      answerTimeout: 5000,
      prefix: PREFIX,
      stem: 'heir',
      incarnation: 'process of heir',
      after: AFTER,
      own: new Map([[GROUP, new Map([['heir:workers:0', [FILTER]]])]]),
      reconnect: DEFAULT_RECONNECT,
      events: new EventBus(() => {}),
      watch: async (listener: WireListener) => {
        watch.listener = listener;
        return watch;
      },
      writesObituary: false,
      adoption: (_group, { clientId }) => ({
        subscribe: () => Promise.resolve(),
        protocolVersion: 5,
        profile: KNOWN_BROKERS.mosquitto,
        open: () => open(clientId),
        consumer: () => ({ snapshot: () => ({}) }) as never,
      }),
      serves: () => true,
      reassert: () => {},
      answer: () => {},
    });
    watch.news = undefined;
    await adopter.start();
    adopter.begin();
    watch.deliver(retained(gone));
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('is not adopted by a worker that was stopped meanwhile, and has not read yet that the owner is back', async () => {
    watch.news = () => watch.deliver(retained({ ...gone, state: 'alive', connection: 2 }));
    await jest.advanceTimersByTimeAsync(5 * AFTER);

    expect(open).not.toHaveBeenCalled();
  });
});
