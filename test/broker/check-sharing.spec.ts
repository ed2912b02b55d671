import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CHECK_FILTER, checkSharing, type OpenForTheCheck } from '../../lib/broker/check-sharing.js';
import type { OutboundPublish } from '../../lib/session/wire.js';
import { FakeWire } from '../support/fake-wire.js';

const ROUND = 500;
const PATIENCE = 6_000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

interface Published {
  readonly kind: 'shared' | 'ordinary';
  readonly round: number;
  readonly message: OutboundPublish;
}

/** A broker of two members, of which the test says what it does with each message. */
class CheckedBroker {
  readonly members: FakeWire[] = [];
  readonly filters: string[] = [];
  readonly published: Published[] = [];
  deliver: (published: Published) => void = () => {};
  suback: (filter: string) => number = () => 0;
  pinged: (member: number) => void = () => {};
  readonly open: OpenForTheCheck = async (_part, listener) => {
    const wire = new FakeWire();
    const member = this.members.push(wire) - 1;
    wire.listener = listener;
    wire.onSubscribe = async (subscriptions) => {
      this.filters.push(...subscriptions.map(({ filter }) => filter));
      return subscriptions.map(({ filter }) => this.suback(filter));
    };
    wire.ping = async () => this.pinged(member);
    wire.publish = (message) => {
      const kind = message.topic.endsWith('/ordinary') ? 'ordinary' : 'shared';
      const published = { kind, round: Number(message.payload), message } as const;
      this.published.push(published);
      this.deliver(published);
    };
    return wire;
  };

  /** The ordinary subscription is the second member's. */
  to(member: 0 | 1, { message }: Published): void {
    this.members[member]?.deliver({ topic: message.topic, payload: Buffer.from(message.payload) });
  }

  /** What the check finds, and after how many milliseconds. */
  async verdict(signal = new AbortController().signal): Promise<{ sharing: string; after: number }> {
    const started = Date.now();
    const checked = checkSharing(this.open, signal).then((sharing) => ({ sharing, after: Date.now() - started }));
    await jest.advanceTimersByTimeAsync(10 * PATIENCE);
    return checked;
  }
}

describe('The check of a Shared Subscription', () => {
  let broker: CheckedBroker;
  beforeEach(() => {
    broker = new CheckedBroker();
  });

  it('finds that one member gets a message, and ends its connections', async () => {
    broker.deliver = (published) => broker.to(1, published);
    expect(await broker.verdict()).toEqual({ sharing: 'one', after: 0 });
    expect(broker.members.map(({ log }) => log.at(-1))).toEqual(['disconnect', 'disconnect']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('takes two copies for one member for what they are', async () => {
    broker.deliver = (published) => [1, 2].forEach(() => broker.to(1, published));
    expect(await broker.verdict()).toMatchObject({ sharing: 'one' });
  });

  it('has a topic of its own each time, so that workers that start together do not disturb each other', async () => {
    broker.deliver = (published) => broker.to(1, published);
    await broker.verdict();
    await broker.verdict();
    const shared = broker.filters.filter((filter) => filter.startsWith(CHECK_FILTER));
    expect(shared).toHaveLength(4);
    expect(new Set(shared).size).toBe(2);
  });

  it('finds that every member gets it, also where the copy of the first is on its way still', async () => {
    let onItsWay: Published | undefined;
    broker.deliver = (published) => {
      broker.to(1, published);
      if (published.kind === 'shared') onItsWay = published;
    };
    broker.pinged = (member) => member === 0 && onItsWay && broker.to(0, onItsWay);
    expect(await broker.verdict()).toMatchObject({ sharing: 'everyone' });
  });

  it('finds that, too, where the broker has not got to the second member yet', async () => {
    broker.deliver = (published) => {
      if (published.kind === 'shared') broker.to(0, published);
      else setTimeout(() => broker.published.forEach((each) => broker.to(1, each)), 100);
    };
    expect(await broker.verdict()).toEqual({ sharing: 'everyone', after: 100 });
  });

  it('finds that nobody does, where an ordinary subscription gets every message', async () => {
    broker.deliver = (published) => published.kind === 'ordinary' && broker.to(1, published);
    expect(await broker.verdict()).toEqual({ sharing: 'nobody', after: 6 * ROUND });
  });

  it('takes no time for an answer: messages may come when the next is under way already', async () => {
    broker.deliver = (published) => {
      if (published.kind === 'ordinary') broker.to(1, published);
      else
        broker.published
          .filter(({ kind, round }) => kind === 'shared' && round < published.round)
          .forEach((late) => broker.to(0, late));
    };
    expect(await broker.verdict()).toMatchObject({ sharing: 'one' });
  });

  it('waits for a broker that knows of no subscription at first', async () => {
    broker.deliver = (published) => {
      if (published.round > (published.kind === 'shared' ? 2 : 1)) broker.to(1, published);
    };
    expect(await broker.verdict()).toEqual({ sharing: 'one', after: 2 * ROUND });
  });

  it('finds nothing out where nothing arrives', async () => {
    expect(await broker.verdict()).toEqual({ sharing: 'unknown', after: 2 * ROUND });
  });

  it.each(['$share/', 'nestjs-mqtt-shared/'])('finds nothing out where a filter with %s is refused', async (start) => {
    broker.suback = (filter) => (filter.startsWith(start) ? 0x87 : 0);
    broker.deliver = (published) => published.kind === 'ordinary' && broker.to(1, published);
    expect(await broker.verdict()).toEqual({ sharing: 'unknown', after: 0 });
    expect(broker.published).toEqual([]);
  });

  it('finds nothing out where no connection comes about', async () => {
    const refused = (): Promise<FakeWire> => Promise.reject(new Error('refused'));
    expect(await checkSharing(refused, new AbortController().signal)).toBe('unknown');
  });

  it('ends with its time where the broker does not answer, and its connections with it', async () => {
    const silent: OpenForTheCheck = async (part, listener, signal) => {
      const wire = (await broker.open(part, listener, signal)) as FakeWire;
      wire.onSubscribe = () => new Promise(() => {});
      return wire;
    };
    const checked = checkSharing(silent, new AbortController().signal);
    await jest.advanceTimersByTimeAsync(PATIENCE);
    expect(await checked).toBe('unknown');
    expect(broker.members.map(({ open }) => open)).toEqual([false, false]);
  });

  it('ends a connection that comes when its time has passed', async () => {
    const late: OpenForTheCheck = async (part, listener, signal) => {
      if (part === 'look-2') await new Promise((resolve) => setTimeout(resolve, PATIENCE + 1));
      return broker.open(part, listener, signal);
    };
    const checked = checkSharing(late, new AbortController().signal);
    await jest.advanceTimersByTimeAsync(PATIENCE + 1);
    expect(await checked).toBe('unknown');
    expect(broker.members.map(({ open }) => open)).toEqual([false, false]);
  });

  it('is ended by its signal, with the round that is under way', async () => {
    const ending = new AbortController();
    broker.deliver = (published) => {
      if (published.kind === 'ordinary') broker.to(1, published);
      if (published.round === 2) ending.abort();
    };
    expect(await broker.verdict(ending.signal)).toEqual({ sharing: 'unknown', after: 2 * ROUND });
    expect(broker.published.map(({ round }) => round)).toEqual([1, 1, 2, 2]);
  });
});
