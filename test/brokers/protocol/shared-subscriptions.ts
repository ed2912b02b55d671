import { describe, expect, test } from '@jest/globals';
import { ids, settled, type ProtocolStage } from './protocol-stage.js';

export function sharedSubscriptions(stage: ProtocolStage): void {
  const { connect, connectPersistent, peculiar, publishAll, scene } = stage;
  describe('shared subscriptions', () => {
    test.each([0, 1, 2] as const)(
      'at QoS %i give each message to exactly one member, and each member some',
      async (qos) => {
        const publisher = await scene();
        const members = [await connect('m1'), await connect('m2'), await connect('m3')];
        for (const member of members)
          expect(await member.subscribe(`$share/g/${stage.root}/#`, { qos })).toEqual([qos]);
        const sent = ids('job-', 30);

        await publishAll(publisher, sent, qos);
        await publisher.ping();
        await settled(members);

        expect(members.flatMap(({ payloads }) => payloads).sort()).toEqual([...sent].sort());
        for (const { payloads } of members) expect(payloads).not.toEqual([]);
      },
    );

    test('give every message to each of two groups', async () => {
      const publisher = await scene();
      const [a1, a2, b1] = [await connect('a1'), await connect('a2'), await connect('b1')];
      await a1.subscribe(`$share/a/${stage.root}/#`);
      await a2.subscribe(`$share/a/${stage.root}/#`);
      await b1.subscribe(`$share/b/${stage.root}/#`);
      const sent = ids('job-', 12);

      await publishAll(publisher, sent);
      await settled([a1, a2, b1]);

      expect([...a1.payloads, ...a2.payloads].sort()).toEqual([...sent].sort());
      expect(b1.payloads).toEqual(sent);
    });

    test('take nothing from a plain subscriber beside them', async () => {
      const publisher = await scene();
      const [m1, m2, plain] = [await connect('m1'), await connect('m2'), await connect('plain')];
      await m1.subscribe(`$share/g/${stage.root}/#`);
      await m2.subscribe(`$share/g/${stage.root}/#`);
      await plain.subscribe(`${stage.root}/#`);
      const sent = ids('job-', 12);

      await publishAll(publisher, sent);
      await settled([m1, m2, plain]);

      expect([...m1.payloads, ...m2.payloads].sort()).toEqual([...sent].sort());
      expect(plain.payloads).toEqual(sent);
    });

    test('with one member keep the order of a publisher', async () => {
      const publisher = await scene();
      const member = await connect('m1');
      await member.subscribe(`$share/g/${stage.root}/#`);
      const sent = ids('job-', 100);
      for (const payload of sent) publisher.sendPublish(`${stage.root}/jobs`, payload);

      await member.waitForPayload('job-99');

      expect(member.payloads).toEqual(sent);
    });

    test('with $share/g//t mean the filter /t', async () => {
      const publisher = await scene();
      const member = await connect('m1');
      expect(await member.subscribe(`$share/g//${stage.root}/#`)).toEqual([1]);

      await publisher.publish(`${stage.root}/jobs`, 'without a slash');
      await publisher.publish(`/${stage.root}/jobs`, 'with a slash');
      await member.ping();

      expect(member.payloads).toEqual(['with a slash']);
    });

    test('get no retained messages, or as many as is peculiar to the broker', async () => {
      const publisher = await scene();
      await publisher.publish(`${stage.root}/state`, 'retained', { retain: true });
      const [member, plain] = [await connect('m1'), await connect('plain')];
      await member.subscribe(`$share/g/${stage.root}/#`);
      await plain.subscribe(`${stage.root}/#`);

      await plain.waitForPayload('retained');
      await member.ping();

      expect(member.publishes).toHaveLength(peculiar.retainedToShared);
      await publisher.publish(`${stage.root}/state`, '', { retain: true });
    });

    test('go on after a member has unsubscribed, whose late PUBACK counts', async () => {
      const publisher = await scene();
      const leaver = await connectPersistent('leaver', { acknowledge: false });
      await leaver.subscribe(`$share/g/${stage.root}/#`);
      await publisher.publish(`${stage.root}/jobs`, 'in flight');
      const inFlight = await leaver.waitForPayload('in flight');

      await leaver.unsubscribe(`$share/g/${stage.root}/#`);
      const stayer = await connect('stayer');
      await stayer.subscribe(`$share/g/${stage.root}/#`);
      await publisher.publish(`${stage.root}/jobs`, 'later');
      await stayer.waitForPayload('later');
      leaver.acknowledge(inFlight);
      await leaver.ping();
      await leaver.cut();
      const back = await connectPersistent('leaver');
      await settled([back, stayer]);

      expect(back.connack.sessionPresent).toBe(true);
      expect(back.payloads).toEqual([]);
      expect(stayer.payloads).toEqual(['later']);
    });

    test('lose nothing of a persistent member that is cut, and give it to nobody twice', async () => {
      const publisher = await scene();
      const stuck = await connectPersistent('stuck', { acknowledge: false });
      const other = await connectPersistent('other');
      for (const member of [stuck, other]) await member.subscribe(`$share/g/${stage.root}/#`);
      const sent = ids('job-', 10);
      await publishAll(publisher, sent);
      await settled([stuck, other]);
      const unfinished = stuck.payloads;
      const handled = other.payloads;
      expect(unfinished).not.toEqual([]);

      await stuck.cut();
      const moves = peculiar.unfinishedSharedGoesTo === 'another member';
      if (moves) await other.waitForPublishes(sent.length);
      const back = await connectPersistent('stuck');
      await settled([back, other]);

      const again = moves ? other.publishes.slice(handled.length) : back.publishes;
      expect(again.map(({ payload }) => payload.toString())).toEqual(unfinished);
      expect(again.map(({ dup }) => dup)).toEqual(again.map(() => !moves));
      expect([...back.payloads, ...other.payloads].sort()).toEqual([...sent].sort());
    });

    test('keep messages while every member is away, each for one of them', async () => {
      const publisher = await scene();
      const members = [await connectPersistent('m1'), await connectPersistent('m2')];
      for (const member of members) await member.subscribe(`$share/g/${stage.root}/#`);
      await Promise.all(members.map((member) => member.disconnect()));
      const sent = ids('job-', 10);
      await publishAll(publisher, sent);

      const back = [await connectPersistent('m1'), await connectPersistent('m2')];
      await settled(back);

      expect(back.flatMap(({ payloads }) => payloads).sort()).toEqual([...sent].sort());
    });
  });
}
