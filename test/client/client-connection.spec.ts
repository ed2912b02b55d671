import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, timeout } from 'rxjs';
import { NotConnectedError } from '../../lib/errors/not-connected.error.js';
import { OfflineQueueFullError } from '../../lib/errors/offline-queue-full.error.js';
import { SubscriptionRefusedError } from '../../lib/errors/subscription-refused.error.js';
import { REPLY_TOPIC_PREFIX } from '../../lib/reply/reply-protocol.js';
import {
  answer,
  clientsForEachTest,
  connected,
  reconnected,
  replyTopic,
  scripted,
  turn,
  watch,
} from './scripted-clients.js';

clientsForEachTest();

describe('connecting', () => {
  it('happens with the first use, once for all, with a clean session that ends with the connection', async () => {
    const client = scripted({ clientId: 'publisher-1' });
    expect(client.opened).toEqual([]);
    client.emit('jobs/1', 1);
    client.emit('jobs/1', 2);
    await client.connect();
    expect(client.opened).toEqual([
      expect.objectContaining({ clientId: 'publisher-1', clean: true, sessionExpiryInterval: 0, protocolVersion: 5 }),
    ]);
    expect(client.current.payloads).toEqual(['1', '2']);
  });

  it('gives each client a Client Identifier of its own', async () => {
    const [a, b] = [await connected(), await connected()];
    expect(a.opened[0]!.clientId).not.toBe(b.opened[0]!.clientId);
  });

  it('errors what waits when the first connection fails, and tries again with the next use', async () => {
    const client = scripted();
    const refused = new Error('bad user name or password');
    client.next = refused;
    const emitted = watch(client.emit('jobs/1', 1));
    const asked = watch(client.send('jobs/1', 2));
    await expect(client.connect()).rejects.toBe(refused);
    await turn();
    expect([emitted.error, asked.error]).toEqual([refused, refused]);
    await expect(firstValueFrom(client.status)).resolves.toBe('disconnected');

    client.next = {};
    client.emit('jobs/1', 3);
    await client.connect();
    expect(client.current.payloads).toEqual(['3']);
  });

  it('holds no more messages than the offline queue allows, from the first moment', async () => {
    const client = scripted({ offlineQueue: 2 });
    const outcomes = [1, 2, 3].map((n) => watch(client.emit('jobs/1', n)));
    expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, expect.any(OfflineQueueFullError)]);
    await client.connect();
    expect(client.current.payloads).toEqual(['1', '2']);
  });

  it('reports its status, and each connection, to who asks', async () => {
    const client = scripted();
    const statuses: string[] = [];
    client.status.subscribe((status) => statuses.push(status));
    const events: string[] = [];
    client.on('connect', () => events.push('connect'));
    client.on('disconnect', ({ error }) => events.push(`disconnect: ${error?.message}`));
    client.on('close', () => events.push('close'));
    expect(() => client.unwrap()).toThrow(NotConnectedError);
    await client.connect();
    expect(client.unwrap()).toBe(client.current.native);
    client.current.end(new Error('cut'));
    expect(() => client.unwrap()).toThrow(NotConnectedError);
    await client.close();
    expect(statuses).toEqual(['connected', 'reconnecting', 'closed']);
    expect(events).toEqual(['connect', 'disconnect: cut', 'close']);
  });
});

describe('a lost connection', () => {
  it('is opened again, what was unconfirmed is sent again, and what was emitted meanwhile follows', async () => {
    const client = await connected();
    const outcomes = ['a', 'b', 'c'].map((payload) => watch(client.emit('jobs/1', payload)));
    client.current.sent[1]!.confirm();
    client.current.end();
    outcomes.push(watch(client.emit('jobs/1', 'd')));
    await reconnected(client);
    expect(client.current.payloads).toEqual(['a', 'c', 'd']);
    for (const sent of client.current.sent) sent.confirm();
    expect(outcomes.map(({ completed }) => completed)).toEqual([true, true, true, true]);
  });

  it('keeps requests: reply topics are subscribed again before anything is published', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 'a'));
    await turn();
    client.current.end();
    await reconnected(client);
    expect(client.current.log).toEqual([
      expect.stringContaining(`subscribe ${REPLY_TOPIC_PREFIX}`),
      'subscribe jobs/1/reply',
      'publish jobs/1',
    ]);
    answer(client, 0, '"done"');
    expect(asked).toMatchObject({ values: ['done'], completed: true });
  });

  it('keeps no request that was forgotten meanwhile, nor one that was answered', async () => {
    const client = await connected();
    const [answered, underWay] = ['a', 'b'].map((data) => watch(client.send('jobs/1', data)));
    await turn();
    const before = client.current;
    answer(client, 0, '"done"');
    let comesBack: (options: object) => void = () => {};
    client.next = new Promise((resolve) => (comesBack = resolve));
    client.current.end();
    const queued = watch(client.send('jobs/1', 'c'));
    const late = watch(client.send('jobs/1', 'd').pipe(timeout(1)));
    await turn();
    client.emit('jobs/1', 'e');
    underWay?.unsubscribe();
    queued.unsubscribe();
    while (late.error === undefined) await turn();
    comesBack({});
    await reconnected(client);
    expect(answered).toMatchObject({ values: ['done'], completed: true });
    expect(before.sent).toHaveLength(2);
    expect(client.current.payloads).toEqual(['e']);
  });

  it('errors requests when the new connection refuses their reply topic, and publishes all the same', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 'a'));
    await turn();
    client.current.sent[0]!.confirm();
    client.next = { subacks: { [replyTopic(client)]: 0x87 } };
    client.current.end();
    const emitted = watch(client.emit('jobs/2', 'b'));
    await reconnected(client);
    expect(asked.error).toBeInstanceOf(SubscriptionRefusedError);
    client.current.sent[0]!.confirm();
    expect(emitted.completed).toBe(true);
  });
});

describe('a connection that ends while reply topics are subscribed again', () => {
  it('counts for nothing: the next one carries the request', async () => {
    const client = await connected();
    const asked = watch(client.send('jobs/1', 'a'));
    await turn();
    let attempts = 0;
    client.prepare = (wire) => {
      if (attempts++ > 0) return;
      wire.onSubscribe = () => {
        wire.end();
        return Promise.reject(new Error('ended before SUBACK'));
      };
    };
    const statuses: string[] = [];
    client.status.subscribe((status) => statuses.push(status));
    client.current.end();
    await reconnected(client);
    expect(client.wires.map(({ payloads }) => payloads.length)).toEqual([1, 0, 1]);
    expect(statuses).toEqual(['connected', 'reconnecting', 'connected']);
    answer(client, 0, '"done"');
    expect(asked).toMatchObject({ values: ['done'], completed: true });
  });
});
