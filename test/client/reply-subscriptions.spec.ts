import { describe, expect, it, jest } from '@jest/globals';
import { IDLE_REPLY_TOPICS, ReplySubscriptions } from '../../lib/client/reply-subscriptions.js';
import { FakeWire } from '../support/fake-wire.js';

const OWN = 'replies/own';

function subscriptions() {
  const refusedForNest = jest.fn();
  const replies = new ReplySubscriptions({
    ownTopic: OWN,
    refused: (code) => new Error(`refused with ${code}`),
    refusedForNest,
  });
  return { replies, refusedForNest };
}

async function connected(wire = new FakeWire()) {
  const { replies, refusedForNest } = subscriptions();
  await replies.connected(wire);
  return { replies, wire, refusedForNest };
}

describe('reply subscriptions', () => {
  it('are none until somebody asks', async () => {
    const { wire } = await connected();
    expect(wire.log).toEqual([]);
  });

  it('are ready at once for a topic that was requested before', async () => {
    const { replies, wire } = await connected();
    await replies.acquire('jobs/1');
    replies.release('jobs/1');
    expect(replies.acquire('jobs/1')).toBeUndefined();
    expect(wire.log).toEqual([`subscribe ${OWN}`, 'subscribe jobs/1/reply']);
  });

  it('are waited for by every request that needs them, and made once', async () => {
    const { replies, wire } = await connected();
    let granted!: (codes: number[]) => void;
    wire.onSubscribe = () => new Promise((resolve) => (granted = resolve));
    const ready = jest.fn();
    const first = replies.acquire('jobs/1')?.then(ready);
    const second = replies.acquire('jobs/1')?.then(ready);
    await new Promise(setImmediate);
    expect(ready).not.toHaveBeenCalled();
    granted([1, 1]);
    await Promise.all([first, second]);
    expect(wire.log).toEqual([`subscribe ${OWN}`, 'subscribe jobs/1/reply']);
  });

  it('of the topics used longest ago end, when there are more than are kept', async () => {
    const { replies, wire } = await connected();
    const ask = async (topic: string): Promise<void> => {
      await replies.acquire(topic);
      replies.release(topic);
    };
    for (let n = 1; n <= IDLE_REPLY_TOPICS; n++) await ask(`t/${n}`);
    await ask('t/1');
    wire.log.length = 0;
    await ask('t/new');
    expect(wire.log).toEqual(['subscribe t/new/reply', 'unsubscribe t/2/reply']);
    wire.log.length = 0;
    await ask('t/1');
    await ask('t/2');
    expect(wire.log).toEqual(['subscribe t/2/reply', 'unsubscribe t/3/reply']);
  });

  it('that a request waits on never end, however many there are', async () => {
    const { replies, wire } = await connected();
    const topics = Array.from({ length: IDLE_REPLY_TOPICS * 2 }, (_, n) => `t/${n}`);
    await replies.acquire('t/0');
    for (const topic of topics) await replies.acquire(topic);
    for (const topic of topics) replies.release(topic);
    const unsubscribed = wire.log.filter((entry) => entry.startsWith('unsubscribe'));
    expect(unsubscribed[0]).toBe('unsubscribe t/1/reply');
    expect(unsubscribed).not.toContain('unsubscribe t/0/reply');
  });

  it('are made again on the next connection for the requests that wait, and for no other', async () => {
    const { replies } = await connected();
    await replies.acquire('waits');
    await replies.acquire('answered');
    replies.release('answered');
    replies.disconnected();
    expect(replies.acquire('asked while offline')).toBeUndefined();
    const next = new FakeWire();
    await replies.connected(next);
    expect(next.log).toEqual([`subscribe ${OWN}`, 'subscribe waits/reply', 'subscribe asked while offline/reply']);
    await replies.acquire('answered');
    expect(next.log.at(-1)).toBe('subscribe answered/reply');
  });

  it('that the end of a connection cut short let the request go on: the next connection has them', async () => {
    const { replies, wire } = await connected();
    let cut!: (error: Error) => void;
    wire.onSubscribe = () => new Promise((_, reject) => (cut = reject));
    const acquired = replies.acquire('jobs/1');
    wire.open = false;
    replies.disconnected();
    cut(new Error('ended before SUBACK'));
    await expect(acquired).resolves.toBeUndefined();
    const next = new FakeWire();
    await replies.connected(next);
    expect(next.log).toEqual([`subscribe ${OWN}`, 'subscribe jobs/1/reply']);
  });

  it('reject where the own topic is refused, and are asked for again', async () => {
    const { replies, wire } = await connected(new FakeWire({ subacks: { [OWN]: 0x87 } }));
    await expect(replies.acquire('jobs/1')).rejects.toThrow('refused with 135');
    wire.onSubscribe = async (all) => all.map(() => 1);
    await expect(replies.acquire('jobs/1')).resolves.toBeUndefined();
    expect(wire.log.filter((entry) => entry === `subscribe ${OWN}`)).toHaveLength(2);
  });

  it("for Nest's own servers may be refused", async () => {
    const { replies, refusedForNest } = await connected(new FakeWire({ subacks: { 'jobs/1/reply': 0x80 } }));
    await replies.acquire('jobs/1');
    expect(refusedForNest.mock.calls).toEqual([['jobs/1/reply', 0x80]]);
    expect(replies.acquire('jobs/1')).toBeUndefined();
  });

  it("for Nest's own servers are left out where their topic would be too long", async () => {
    const { replies, wire } = await connected();
    const longest = 'x'.repeat(65_530);
    await replies.acquire(longest);
    replies.release(longest);
    expect(wire.log).toEqual([`subscribe ${OWN}`]);
  });
});
