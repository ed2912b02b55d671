import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import type { Presence } from '../../lib/adoption/presence-message.js';
import { PresenceRefusedError } from '../../lib/errors/presence-refused.error.js';
import { promisesToSettle } from '../delivery/routes.js';
import { AFTER, adopterForEachTest, type AdopterScene, gone, pass } from './adopter-scene.js';
import { FILTER, GROUP, presence } from './presences.js';

describe('The adopter', () => {
  const scenes = adopterForEachTest();
  let scene: AdopterScene;
  beforeEach(() => {
    scene = scenes();
  });

  it('adopts nothing that it hears of while it stops', async () => {
    scene.hear(gone);
    await pass(AFTER);
    scene.adoptions[0]?.deliver({ topic: 'jobs/a', qos: 1, packetId: 1, payload: Buffer.from('a') });
    const stopped = scene.adopter.stop(60_000);
    scene.hear(presence('other:workers:0', { state: 'gone' }));
    await pass(AFTER);
    scene.handler.call('a').succeed();
    await promisesToSettle();
    await scene.confirmAll(scene.adoptions[0]);
    await stopped;
    await pass(10 * AFTER);

    expect(scene.adoptions).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('gives a session back when it stops, and says so', async () => {
    scene.hear(gone);
    await pass(AFTER);
    const wire = scene.adoptions[0];
    const stopped = scene.adopter.stop(60_000);
    await promisesToSettle();
    await scene.confirmAll(wire);
    await stopped;

    const states = wire?.sent.map(({ payload }) => (JSON.parse(payload) as Presence).state);
    expect(states).toEqual(['adopting', 'gone']);
    expect(wire?.log.at(-1)).toBe('disconnect');
    expect(scene.events.at(-1)).toMatchObject({ type: 'adopted', outcome: 'left' });
  });

  it('says when it stops what it waits for: what runs, and not what it gives back', async () => {
    scene.hear(gone);
    await pass(AFTER);
    scene.adoptions[0]?.deliver({ topic: 'jobs/a', qos: 1, packetId: 1, payload: Buffer.from('a') });
    scene.adoptions[0]?.deliver({ topic: 'jobs/b', qos: 1, packetId: 2, payload: Buffer.from('b') });
    await promisesToSettle();
    const stopped = scene.adopter.stop(60_000);
    const said = { type: 'draining', connection: gone.clientId, group: GROUP, running: 1, waiting: 0 };
    expect(scene.events.at(-1)).toEqual(said);
    scene.handler.call('a').succeed();
    await promisesToSettle();
    await scene.confirmAll(scene.adoptions[0]);
    await stopped;
  });

  it('ends a handler that does not end, and its connection without a word, when the time to stop is over', async () => {
    scene.hear(gone);
    await pass(AFTER);
    scene.adoptions[0]?.deliver({ topic: 'jobs/a', qos: 1, packetId: 1, payload: Buffer.from('a') });
    const stopped = scene.adopter.stop(500);
    await pass(500);
    await stopped;

    expect(scene.handler.call('a').attempt.signal.aborted).toBe(true);
    expect(scene.adoptions[0]?.log.at(-1)).toBe('destroy');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('adopts nothing while its own connections are away, of which the group may be left with none, and then does', async () => {
    scene.isUp = false;
    scene.hear(gone);
    await pass(AFTER);
    await pass(AFTER);
    expect(scene.opened).toEqual([]);

    scene.isUp = true;
    await pass(AFTER);
    expect(scene.events).toEqual([{ type: 'adopting', session: gone.clientId, group: GROUP }]);
  });

  it('says that it adopts before it unsubscribes, by which the owner knows', async () => {
    scene.hear(gone);
    await pass(AFTER);
    expect(scene.adoptions[0]?.log).toEqual(['publish presence/workers/dead:workers:0', `unsubscribe ${FILTER}`]);
  });

  it('never has two connections to one session, whatever it is told', async () => {
    scene.hear(gone);
    await pass(AFTER);
    scene.hear(gone);
    await pass(10 * AFTER);
    expect(scene.adoptions).toHaveLength(1);
  });

  it('tries again, after the time, what it could not have', async () => {
    scene.refusal = new Error('refused');
    scene.hear(gone);
    await pass(AFTER);
    expect(scene.types).toEqual(['adopting', 'adoption-failed']);
    scene.refusal = undefined;
    await pass(AFTER - 1);
    expect(scene.adoptions).toHaveLength(0);
    await pass(1);
    expect(scene.adoptions).toHaveLength(1);
  });

  it('waits anew for what is gone when the connection on which it watches has been lost and regained', async () => {
    scene.hear(gone);
    await pass(AFTER - 1_000);
    scene.watches[0]?.end();
    await pass(100);
    scene.hear(gone);
    await pass(AFTER - 1);
    expect(scene.adoptions).toHaveLength(0);
    await pass(1);
    expect(scene.adoptions).toHaveLength(1);
  });

  it('keeps what it waits for to what the broker says now: what ended while nobody watched is not adopted', async () => {
    scene.hear(gone);
    scene.watches[0]?.end();
    await pass(100);
    await pass(10 * AFTER);
    expect(scene.watches).toHaveLength(2);
    expect(scene.adoptions).toHaveLength(0);
  });

  it('says when the broker does not let it watch any longer', async () => {
    scene.suback = 0x87;
    scene.watches[0]?.end();
    await pass(100);
    expect(scene.events).toContainEqual(
      expect.objectContaining({
        type: 'disconnected',
        connection: 'w1:presence',
        error: expect.any(PresenceRefusedError),
      }),
    );
  });

  it('knows what is retained of a session as of now, and waits for the connection on which it watches', async () => {
    scene.watches[0]?.end();
    const retainedNow = scene.adopter.retained(GROUP, 'w1:workers:0');
    await pass(100);
    const mine = presence('w1:workers:0', { state: 'adopting' });
    const second = scene.watches[1];
    if (second === undefined) throw new Error('not watching');
    await retainedNow;
    second.ping = async () => {
      second.ping = async () => {};
      scene.hear(mine);
    };
    await expect(scene.adopter.retained(GROUP, 'w1:workers:0')).resolves.toEqual(mine);
  });

  it('says that nothing is known when the broker does not answer', async () => {
    scene.hear(presence('w1:workers:0'));
    const wire = scene.watches[0];
    if (wire !== undefined) wire.ping = () => new Promise(() => {});
    const known = scene.adopter.retained(GROUP, 'w1:workers:0');
    await pass(1_000);
    await expect(known).resolves.toBeUndefined();
  });

  it('calls the roll on each connection on which it watches, once it knows what is retained', async () => {
    expect(scene.watches[0]?.log).toEqual(['subscribe presence/workers/+', 'publish presence/workers/roll-call']);
    scene.watches[0]?.end();
    await pass(100);
    expect(scene.watches[1]?.log).toEqual(['subscribe presence/workers/+', 'publish presence/workers/roll-call']);
    expect(scene.watches[1]?.sent[0]?.message).toMatchObject({ qos: 1, retain: false });
  });

  it('answers roll calls that come together once, and the next again', async () => {
    const call = { topic: 'presence/workers/roll-call', payload: Buffer.from('another process') };
    for (let i = 0; i < 5; i++) scene.watches[0]?.deliver(call);
    await pass(1_000);
    expect(scene.answered).toEqual([GROUP]);
    scene.watches[0]?.deliver(call);
    await pass(1_000);
    expect(scene.answered).toEqual([GROUP, GROUP]);
  });

  it('answers a roll call for the sessions that it is adopting, too', async () => {
    scene.hear(gone);
    await pass(AFTER);
    const wire = scene.adoptions[0];
    scene.watches[0]?.deliver({ topic: 'presence/workers/roll-call', payload: Buffer.from('another process') });
    await pass(1_000);
    expect(wire?.payloads.map((payload) => (JSON.parse(payload) as Presence).state)).toEqual(['adopting', 'adopting']);
  });

  it('says when the broker does not let it call the roll', async () => {
    scene.watches[0]?.sent[0]?.refuse(0x87);
    expect(scene.events).toContainEqual(
      expect.objectContaining({ connection: 'w1:presence', error: expect.any(PresenceRefusedError) }),
    );
  });

  it('lets nobody try again what failed in a session that its owner has taken back', async () => {
    scene.hear(gone);
    await pass(AFTER);
    const wire = scene.adoptions[0];
    wire?.deliver({ topic: 'jobs/a', qos: 1, packetId: 1, payload: Buffer.from('a') });
    scene.handler.call('a').fail();
    await promisesToSettle();
    wire?.end();
    await pass(10 * AFTER);
    expect(scene.handler.calls.map(({ id }) => id)).toEqual(['a']);
    expect(scene.lanes.size).toBe(0);
  });

  it('leaves to others what would be tried again when it stops, and no timer', async () => {
    scene.hear(gone);
    await pass(AFTER);
    const wire = scene.adoptions[0];
    wire?.deliver({ topic: 'jobs/a', qos: 1, packetId: 1, payload: Buffer.from('a') });
    scene.handler.call('a').fail();
    await promisesToSettle();
    const stopped = scene.adopter.stop(60_000);
    await promisesToSettle();
    await scene.confirmAll(wire);
    await stopped;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits when it stops for what still runs of a session that its owner has taken back', async () => {
    scene.hear(gone);
    await pass(AFTER);
    const wire = scene.adoptions[0];
    wire?.deliver({ topic: 'jobs/a', qos: 1, packetId: 1, payload: Buffer.from('a') });
    wire?.end();
    await promisesToSettle();
    const stopped = scene.adopter.stop(60_000).then(() => 'stopped');
    await promisesToSettle();
    await expect(Promise.race([stopped, Promise.resolve('waiting')])).resolves.toBe('waiting');
    scene.handler.call('a').succeed();
    await expect(stopped).resolves.toBe('stopped');
  });

  it('only ends the session where the broker has handed on what it held, without unsubscribing', async () => {
    scene.profile = KNOWN_BROKERS.hivemq;
    scene.hear(gone);
    await pass(AFTER);
    await scene.confirmAll(scene.adoptions[0]);
    expect(scene.adoptions[0]?.log).toEqual(['publish presence/workers/dead:workers:0', 'disconnect']);
    expect(scene.adoptions[0]?.payloads).toEqual(['']);
    expect(scene.opened).toEqual([{ clean: true }]);
    expect(scene.events.at(-1)).toMatchObject({ type: 'adopted', outcome: 'ended', handled: 0 });
  });

  it('ends with such a session, for which stop() waits', async () => {
    scene.profile = KNOWN_BROKERS.hivemq;
    scene.hear(gone);
    await pass(AFTER);
    const stopped = scene.adopter.stop(60_000).then(() => 'stopped');
    await promisesToSettle();
    await expect(Promise.race([stopped, Promise.resolve('waiting')])).resolves.toBe('waiting');
    await scene.confirmAll(scene.adoptions[0]);
    await expect(stopped).resolves.toBe('stopped');
    expect(scene.adoptions[0]?.log.at(-1)).toBe('disconnect');
  });

  it('gives such a connection up where the broker does not answer by the deadline of stop()', async () => {
    scene.profile = KNOWN_BROKERS.hivemq;
    scene.hear(gone);
    await pass(AFTER);
    const stopped = scene.adopter.stop(50);
    await pass(50);
    await stopped;
    expect(scene.adoptions.map(({ open }) => open)).toEqual([false]);
  });
});
