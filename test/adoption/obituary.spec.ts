import { beforeEach, describe, expect, it } from '@jest/globals';
import { KNOWN_BROKERS } from '../../lib/broker/known-brokers.js';
import { promisesToSettle } from '../delivery/routes.js';
import type { FakeWire } from '../support/fake-wire.js';
import { AFTER, adopterForEachTest, type AdopterScene, gone, pass } from './adopter-scene.js';
import { FILTER, GROUP, presence } from './presences.js';

describe('The adopter, where the will of a session does not come when its connection breaks,', () => {
  const scenes = adopterForEachTest({ writesObituary: true });
  let scene: AdopterScene;
  beforeEach(() => {
    scene = scenes();
  });
  const obituaryOf = (incarnation: string) => ({ topic: 'presence/obituary', payload: Buffer.from(incarnation) });

  it('has the will of the connection on which it watches say that this process may be gone', () => {
    const payload = 'this process';
    expect(scene.wills).toEqual([{ topic: 'presence/obituary', payload, qos: 1, retain: false }]);
    expect(scene.watches[0]?.log).toContain('subscribe presence/obituary');
  });

  it('adopts the sessions of a process of which it has heard that, and nothing since', async () => {
    scene.hear(presence('dead:workers:0', { incarnation: 'dead process' }));
    await pass(AFTER);
    scene.watches[0]?.deliver(obituaryOf('dead process'));
    await pass(AFTER - 1);
    expect(scene.types).toEqual([]);
    await pass(1);
    expect(scene.events).toEqual([{ type: 'adopting', session: 'dead:workers:0', group: GROUP }]);
  });

  it('does not if somebody says that he is there, nor those of another process', async () => {
    const alive = presence('w2:workers:0', { incarnation: 'another process' });
    scene.hear(alive);
    scene.hear(presence('w3:workers:0', { incarnation: 'a third process' }));
    await pass(AFTER);
    scene.watches[0]?.deliver(obituaryOf('another process'));
    await pass(AFTER - 1);
    scene.hear(alive);
    await pass(2 * AFTER);
    expect(scene.types).toEqual([]);
  });

  describe('and a session sends what it held by and by', () => {
    const seconds = async (count: number): Promise<void> => {
      for (let second = 0; second < count; second++) {
        await pass(1_000);
        await scene.confirmAll(wire);
      }
    };
    let wire: FakeWire | undefined;
    beforeEach(async () => {
      scene.profile = KNOWN_BROKERS.nanomq;
      scene.hear(gone);
      await pass(AFTER);
      wire = scene.adoptions[0];
      await scene.confirmAll(wire);
    });
    const announced = 'publish presence/workers/dead:workers:0';

    it('takes its share of new messages, too, until nothing has come for so long, and unsubscribes then', async () => {
      await seconds(20);
      wire?.deliver({ topic: 'jobs/a', qos: 1, packetId: 1, payload: Buffer.from('held'), dup: true });
      scene.handler.call('held').succeed();
      await seconds(20);
      expect(wire?.log).toEqual([announced, `subscribe ${FILTER}`]);

      await seconds(10);
      expect(wire?.log.slice(2)).toEqual([`unsubscribe ${FILTER}`, announced, 'disconnect']);
      expect(scene.events.at(-1)).toMatchObject({ type: 'adopted', outcome: 'ended', handled: 1 });
    });

    it('unsubscribes before it gives the session back', async () => {
      const stopped = scene.adopter.stop(60_000);
      await promisesToSettle();
      await scene.confirmAll(wire);
      await stopped;
      expect(wire?.log.slice(2)).toEqual([`unsubscribe ${FILTER}`, announced, 'disconnect']);
      expect(scene.events.at(-1)).toMatchObject({ type: 'adopted', outcome: 'left' });
    });
  });

  it('does not adopt a session of its own at which a process that may be gone has been', async () => {
    scene.hear(presence('w1:workers:0', { incarnation: 'dead process', state: 'adopting' }));
    scene.watches[0]?.deliver(obituaryOf('dead process'));
    scene.hear(presence('w1:workers:0', { incarnation: 'this process' }));
    await pass(AFTER);
    await promisesToSettle();
    expect(scene.events).toEqual([]);
  });

  it('says that this process is there when it reads that it is gone, and when others may have', async () => {
    scene.watches[0]?.deliver(obituaryOf('this process'));
    await pass(1_000);
    expect(scene.answered).toEqual([GROUP]);
    scene.watches[0]?.end();
    await pass(1_000);
    expect(scene.answered).toEqual([GROUP, GROUP]);
  });
});
