import { describe, expect, it, jest } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import { ReplyAcknowledgements } from '../../lib/client/reply-acknowledgements.js';
import { SubscriptionRefusedError } from '../../lib/errors/subscription-refused.error.js';
import { REPLY_TOPIC_PREFIX } from '../../lib/reply/reply-protocol.js';
import { FakeWire } from '../support/fake-wire.js';
import {
  answer,
  clientsForEachTest,
  connected,
  logged,
  reconnected,
  replyTopic,
  scripted,
  turn,
  watch,
} from './scripted-clients.js';

clientsForEachTest();

describe('send', () => {
  it('sends nothing until it is subscribed to, and asks anew for each subscription', async () => {
    const client = await connected();
    const asking = client.send('jobs/1', 1);
    await turn();
    expect(client.published).toEqual([]);
    watch(asking);
    watch(asking);
    await turn();
    const ids = client.published.map(({ properties }) => properties?.correlationData?.toString());
    expect(new Set(ids).size).toBe(2);
  });

  it("on 5.0 asks with Response Topic and Correlation Data around Nest's envelope", async () => {
    const client = await connected();
    watch(client.send('jobs/1', { image: 42 }));
    await turn();
    const [request] = client.published;
    const id = request!.properties!.correlationData!.toString();
    expect(request).toMatchObject({ topic: 'jobs/1', qos: 1, properties: { responseTopic: replyTopic(client) } });
    expect(JSON.parse(request!.payload.toString())).toEqual({ pattern: 'jobs/1', data: { image: 42 }, id });
    expect(replyTopic(client)).toMatch(new RegExp(`^${REPLY_TOPIC_PREFIX}[^/]+$`));
  });

  it('on 3.1.1 asks with an envelope that says where to answer', async () => {
    const client = await connected({ protocolVersion: 4 });
    const asked = watch(client.send('jobs/1', { image: 42 }));
    await turn();
    const { id, replyTo } = JSON.parse(client.published[0]!.payload.toString()) as { id: string; replyTo: string };
    expect(client.published[0]!.properties).toBeUndefined();
    expect(client.current.log).toContain(`subscribe ${replyTo}`);
    const reply = { id, response: { done: true }, isDisposed: true };
    client.current.deliver({ topic: replyTo, payload: Buffer.from(JSON.stringify(reply)) });
    expect(asked).toMatchObject({ values: [{ done: true }], completed: true });
  });

  it('subscribes before it publishes, and not again once it has', async () => {
    const client = await connected();
    watch(client.send('jobs/1', 1));
    await turn();
    answer(client, 0, '1');
    watch(client.send('jobs/1', 2));
    await turn();
    expect(client.current.log).toEqual([
      `subscribe ${replyTopic(client)}`,
      'subscribe jobs/1/reply',
      'publish jobs/1',
      'publish jobs/1',
    ]);
  });

  it('emits several values and completes with the last', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    answer(client, 0, '"a"', 'next');
    answer(client, 0, '"b"', 'next');
    expect(asked).toMatchObject({ values: ['a', 'b'], completed: false });
    answer(client, 0, '"c"', 'last');
    expect(asked).toMatchObject({ values: ['a', 'b', 'c'], completed: true });
  });

  it('completes without a value where there is none', async () => {
    const client = await connected();
    const asked = lastValueFrom(client.send('jobs/1', 1).pipe(toArray()));
    await turn();
    answer(client, 0, '', 'complete');
    await expect(asked).resolves.toEqual([]);
  });

  it('errors with what the worker said', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    answer(client, 0, '{"status":"error","message":"no such image"}', 'error');
    expect(asked.error).toEqual({ status: 'error', message: 'no such image' });
  });

  it('errors when the reply cannot be decoded', async () => {
    const client = await connected({ codec: 'json' });
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    answer(client, 0, 'no json', 'last');
    expect(asked.error).toMatchObject({ code: 'PAYLOAD_DECODE' });
  });

  it('errors when the broker refuses the request', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    client.current.sent[0]!.refuse(0x87);
    expect(asked.error).toMatchObject({ code: 'PUBLISH', reasonCode: 0x87 });
  });

  it('acknowledges replies, also those that nobody waits for', async () => {
    const client = await connected();
    const acknowledge = jest.spyOn(client.current, 'acknowledge');
    client.current.deliver({ topic: `${REPLY_TOPIC_PREFIX}x`, qos: 1, packetId: 7 });
    expect(acknowledge).toHaveBeenCalledWith({ packetId: 7, qos: 1, reasonCode: 0 });
  });

  describe('acknowledges a reply', () => {
    /** Two requests, and what is acknowledged from then on. */
    async function twoRequests() {
      const client = await connected();
      const acknowledge = jest.spyOn(client.current, 'acknowledge');
      watch(client.send('jobs/1', 1));
      watch(client.send('jobs/1', 2));
      await turn();
      const reply = (index: number): void => {
        const { properties } = client.published[index]!;
        const packet = {
          topic: replyTopic(client),
          payload: Buffer.from('1'),
          properties,
          qos: 1,
          packetId: index + 1,
        };
        client.current.deliver(packet as Parameters<typeof client.current.deliver>[0]);
      };
      return { client, reply, acknowledged: () => acknowledge.mock.calls.map(([{ packetId }]) => packetId) };
    }

    it('at once while other requests wait, and the last one when the next request is confirmed', async () => {
      const { client, reply, acknowledged } = await twoRequests();
      reply(0);
      expect(acknowledged()).toEqual([1]);
      reply(1);
      expect(acknowledged()).toEqual([1]);
      watch(client.send('jobs/1', 3));
      expect(acknowledged()).toEqual([1]);
      client.current.sent[2]!.confirm();
      expect(acknowledged()).toEqual([1, 2]);
    });

    it('in the order in which they came', async () => {
      const { reply, acknowledged } = await twoRequests();
      reply(0);
      reply(1);
      reply(1);
      expect(acknowledged()).toEqual([1, 2, 2]);
    });

    it('soon, when no request follows, and each one again that follows later', async () => {
      const { client, reply, acknowledged } = await twoRequests();
      jest.useFakeTimers();
      try {
        reply(0);
        reply(1);
        jest.advanceTimersByTime(100);
        expect(acknowledged()).toEqual([1, 2]);
        watch(client.send('jobs/1', 3));
        client.current.sent[2]!.confirm();
        reply(2);
        jest.advanceTimersByTime(99);
        expect(acknowledged()).toEqual([1, 2]);
        jest.advanceTimersByTime(1);
        expect(acknowledged()).toEqual([1, 2, 3]);
      } finally {
        jest.useRealTimers();
      }
    });

    it('before it disconnects', async () => {
      const { client, reply, acknowledged } = await twoRequests();
      for (const { confirm } of client.current.sent) confirm();
      reply(0);
      reply(1);
      expect(acknowledged()).toEqual([1]);
      await client.close();
      expect(acknowledged()).toEqual([1, 2]);
    });

    it('on the connection on which it came, and on no other', async () => {
      const { client, reply, acknowledged } = await twoRequests();
      reply(0);
      reply(1);
      client.current.end();
      await reconnected(client);
      const onNext = jest.spyOn(client.current, 'acknowledge');
      watch(client.send('jobs/1', 3));
      await turn();
      expect(client.current.sent.length).toBeGreaterThan(0);
      for (const { confirm } of client.current.sent) confirm();
      expect(onNext).not.toHaveBeenCalled();
      expect(acknowledged()).toEqual([1, 2]); // to what has ended: nothing leaves
    });

    it('before the next, when that is of a request answered before it is confirmed', async () => {
      const { client, reply, acknowledged } = await twoRequests();
      reply(0);
      reply(1);
      watch(client.send('jobs/1', 3));
      reply(2);
      expect(acknowledged()).toEqual([1, 2]);
      client.current.sent[2]!.confirm();
      expect(acknowledged()).toEqual([1, 2, 3]);
    });

    it('by a timer that keeps no process from ending', () => {
      const timers = (): number => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
      const before = timers();
      const acknowledgements = new ReplyAcknowledgements();
      acknowledgements.hold(new FakeWire(), { packetId: 1, qos: 1, reasonCode: 0 });
      expect(timers()).toBe(before);
      acknowledgements.close();
    });

    it('by a timer that ends with the client', () => {
      jest.useFakeTimers();
      try {
        const acknowledgements = new ReplyAcknowledgements();
        acknowledgements.hold(new FakeWire(), { packetId: 1, qos: 1, reasonCode: 0 });
        expect(jest.getTimerCount()).toBe(1);
        acknowledgements.close();
        expect(jest.getTimerCount()).toBe(0);
      } finally {
        jest.useRealTimers();
      }
    });
  });

  it('forgets the request when it is unsubscribed: what comes late is dropped', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    asked.unsubscribe();
    answer(client, 0, '1', 'last');
    expect(asked).toMatchObject({ values: [], completed: false });
  });

  it('publishes nothing when it is unsubscribed before its reply topic is', async () => {
    const client = await connected();
    let granted!: (codes: number[]) => void;
    client.current.onSubscribe = () => new Promise((resolve) => (granted = resolve));
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    asked.unsubscribe();
    granted([1, 1]);
    await turn();
    expect(client.published).toEqual([]);
  });

  it('publishes nothing when it is unsubscribed before the first connection is up', async () => {
    const client = scripted();
    let open = (_wire: object): void => {};
    client.next = new Promise((resolve) => (open = resolve));
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    asked.unsubscribe();
    open({});
    await client.connect();
    await turn();
    expect(client.published).toEqual([]);
  });

  it('waits for the first connection without a place in the offline queue', async () => {
    const client = scripted({ offlineQueue: 0 });
    const asked = watch(client.send('jobs/1', 1));
    await client.connect();
    await turn();
    answer(client, 0, '"done"');
    expect(asked).toMatchObject({ values: ['done'], completed: true });
  });

  it('goes on without <topic>/reply where that is refused, and says so once', async () => {
    const client = scripted();
    client.next = { subacks: { 'jobs/1/reply': 0x87, 'jobs/2/reply': 0x87 } };
    for (const topic of ['jobs/1', 'jobs/2', 'jobs/1']) watch(client.send(topic, 1));
    await turn();
    await turn();
    expect(client.current.topics.toSorted()).toEqual(['jobs/1', 'jobs/1', 'jobs/2']);
    expect(client.current.log.filter((entry) => entry === 'subscribe jobs/1/reply')).toHaveLength(1);
    expect(logged).toEqual([expect.stringMatching(/"jobs\/1\/reply" with 0x87/)]);
  });

  it('errors where its own reply topic is refused, publishes nothing, and asks again the next time', async () => {
    const client = await connected();
    let code = 0x87;
    client.current.onSubscribe = async (all) =>
      all.map(({ filter }) => (filter.startsWith(REPLY_TOPIC_PREFIX) ? code : 1));
    const refused = watch(client.send('jobs/1', 1));
    await turn();
    expect(refused.error).toBeInstanceOf(SubscriptionRefusedError);
    expect(client.published).toEqual([]);
    code = 1;
    watch(client.send('jobs/1', 2));
    await turn();
    expect(client.published).toHaveLength(1);
  });

  it('lets a serializer write the request and a deserializer read the reply', async () => {
    const client = await connected({
      serializer: { serialize: (packet: unknown) => `x${JSON.stringify(packet)}` },
      deserializer: {
        deserialize: (value: string) => ({ ...(JSON.parse(value.slice(1)) as { id: string }), isDisposed: true }),
      },
    });
    const asked = watch(client.send('jobs/1', 1));
    await turn();
    const { id } = JSON.parse(client.published[0]!.payload.toString().slice(1)) as { id: string };
    client.current.deliver({
      topic: 'jobs/1/reply',
      payload: Buffer.from(`x${JSON.stringify({ id, response: 'y' })}`),
    });
    await turn();
    expect(asked).toMatchObject({ values: ['y'], completed: true });
  });
});
