import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { RawClient, type RawOptions } from '../support/raw-client.js';
import type { RunningBroker } from './support/broker.js';

/** A broker that runs already may keep sessions of the run before. */
const THIS_RUN = randomBytes(3).toString('hex');

/** The answer to SUBSCRIBE. */
export type Verdict = 'granted' | 'disconnected' | `refused 0x${string}`;

/** In what brokers differ without being wrong. */
export interface Peculiarities {
  /** Copies that a client gets through two overlapping plain subscriptions. */
  readonly overlappingCopies: { readonly 4: number; readonly 5: number };
  /** Retained messages that a new shared subscription gets. */
  readonly retainedToShared: number;
  /** Who gets what a persistent member left unacknowledged while another is connected. */
  readonly unfinishedSharedGoesTo: 'another member' | 'its own member';
  /** What one acknowledgement lets through while messages wait; more than one is more than the client allowed. */
  readonly acknowledgementFrees: 'one message' | 'a whole window';
  /** What the first connection is told when a second one takes over, on 5.0. */
  readonly takeoverReasonCode: number | undefined;
  /** How a malformed filter is answered. */
  readonly refusal: Readonly<Record<4 | 5, Verdict>>;
  /** Malformed filters that this broker takes all the same. */
  readonly acceptedFilters: readonly string[];
  readonly acceptsNoLocalOnShared: boolean;
}

/** MQTT itself, packet by packet: what has to hold on every broker that this library's tests rely on. */
export function protocolSuite(name: string, start: () => Promise<RunningBroker>, peculiar: Peculiarities): void {
  describe.each([4, 5] as const)(`${name}, protocol version %i`, (protocolVersion) => {
    let broker: RunningBroker;
    let clients: RawClient[] = [];
    let topics = 0;
    /** Tests share a broker, so each has a topic of its own. */
    let root: string;

    beforeAll(async () => {
      broker = await start();
    });
    afterEach(async () => {
      await Promise.all(clients.map((client) => client.cut()));
      clients = [];
    });
    afterAll(() => broker.stop());

    const nextRoot = (): string => (root = `${THIS_RUN}/v${protocolVersion}/${++topics}`);

    async function connect(clientId: string, options: Partial<RawOptions> = {}): Promise<RawClient> {
      const client = await RawClient.connect(broker.url, {
        protocolVersion,
        clientId: `${root}/${clientId}`,
        ...options,
      });
      clients.push(client);
      return client;
    }

    /** A client whose session outlives its connection. */
    function connectPersistent(clientId: string, options: Partial<RawOptions> = {}): Promise<RawClient> {
      return connect(clientId, {
        clean: false,
        ...options,
        properties: protocolVersion === 5 ? { sessionExpiryInterval: 600, ...options.properties } : undefined,
      });
    }

    /** A fresh topic for a test, and a publisher. */
    async function scene(): Promise<RawClient> {
      nextRoot();
      return connect('publisher');
    }

    const ids = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

    async function publishAll(publisher: RawClient, payloads: string[], qos: 0 | 1 | 2 = 1): Promise<void> {
      for (const payload of payloads) await publisher.publish(`${root}/jobs`, payload, { qos });
    }

    const settled = (members: RawClient[]): Promise<unknown> => Promise.all(members.map((member) => member.ping()));

    describe('shared subscriptions', () => {
      test.each([0, 1, 2] as const)(
        'at QoS %i give each message to exactly one member, and each member some',
        async (qos) => {
          const publisher = await scene();
          const members = [await connect('m1'), await connect('m2'), await connect('m3')];
          for (const member of members) expect(await member.subscribe(`$share/g/${root}/#`, { qos })).toEqual([qos]);
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
        await a1.subscribe(`$share/a/${root}/#`);
        await a2.subscribe(`$share/a/${root}/#`);
        await b1.subscribe(`$share/b/${root}/#`);
        const sent = ids('job-', 12);

        await publishAll(publisher, sent);
        await settled([a1, a2, b1]);

        expect([...a1.payloads, ...a2.payloads].sort()).toEqual([...sent].sort());
        expect(b1.payloads).toEqual(sent);
      });

      test('take nothing from a plain subscriber beside them', async () => {
        const publisher = await scene();
        const [m1, m2, plain] = [await connect('m1'), await connect('m2'), await connect('plain')];
        await m1.subscribe(`$share/g/${root}/#`);
        await m2.subscribe(`$share/g/${root}/#`);
        await plain.subscribe(`${root}/#`);
        const sent = ids('job-', 12);

        await publishAll(publisher, sent);
        await settled([m1, m2, plain]);

        expect([...m1.payloads, ...m2.payloads].sort()).toEqual([...sent].sort());
        expect(plain.payloads).toEqual(sent);
      });

      test('with one member keep the order of a publisher', async () => {
        const publisher = await scene();
        const member = await connect('m1');
        await member.subscribe(`$share/g/${root}/#`);
        const sent = ids('job-', 100);
        for (const payload of sent) publisher.sendPublish(`${root}/jobs`, payload);

        await member.waitForPayload('job-99');

        expect(member.payloads).toEqual(sent);
      });

      test('with $share/g//t mean the filter /t', async () => {
        const publisher = await scene();
        const member = await connect('m1');
        expect(await member.subscribe(`$share/g//${root}/#`)).toEqual([1]);

        await publisher.publish(`${root}/jobs`, 'without a slash');
        await publisher.publish(`/${root}/jobs`, 'with a slash');
        await member.ping();

        expect(member.payloads).toEqual(['with a slash']);
      });

      test('get no retained messages, or as many as is peculiar to the broker', async () => {
        const publisher = await scene();
        await publisher.publish(`${root}/state`, 'retained', { retain: true });
        const [member, plain] = [await connect('m1'), await connect('plain')];
        await member.subscribe(`$share/g/${root}/#`);
        await plain.subscribe(`${root}/#`);

        await plain.waitForPayload('retained');
        await member.ping();

        expect(member.publishes).toHaveLength(peculiar.retainedToShared);
        await publisher.publish(`${root}/state`, '', { retain: true });
      });

      test('go on after a member has unsubscribed, whose late PUBACK counts', async () => {
        const publisher = await scene();
        const leaver = await connectPersistent('leaver', { acknowledge: false });
        await leaver.subscribe(`$share/g/${root}/#`);
        await publisher.publish(`${root}/jobs`, 'in flight');
        const inFlight = await leaver.waitForPayload('in flight');

        await leaver.unsubscribe(`$share/g/${root}/#`);
        const stayer = await connect('stayer');
        await stayer.subscribe(`$share/g/${root}/#`);
        await publisher.publish(`${root}/jobs`, 'later');
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
        for (const member of [stuck, other]) await member.subscribe(`$share/g/${root}/#`);
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
        for (const member of members) await member.subscribe(`$share/g/${root}/#`);
        await Promise.all(members.map((member) => member.disconnect()));
        const sent = ids('job-', 10);
        await publishAll(publisher, sent);

        const back = [await connectPersistent('m1'), await connectPersistent('m2')];
        await settled(back);

        expect(back.flatMap(({ payloads }) => payloads).sort()).toEqual([...sent].sort());
      });
    });

    describe('a session', () => {
      test.each([1, 2] as const)(
        'at QoS %i sends again what was not acknowledged: DUP, same identifiers, in order',
        async (qos) => {
          const publisher = await scene();
          const first = await connectPersistent('worker', { acknowledge: false });
          await first.subscribe(`$share/g/${root}/#`, { qos });
          await publishAll(publisher, ids('job-', 3), qos);
          const before = await first.waitForPublishes(3);
          expect(before.map(({ dup }) => dup)).toEqual([false, false, false]);
          await first.cut();

          const second = await connectPersistent('worker', { acknowledge: false });
          const after = await second.waitForPublishes(3);

          expect(second.connack.sessionPresent).toBe(true);
          expect(after.map(({ dup }) => dup)).toEqual([true, true, true]);
          expect(after.map(({ messageId, payload }) => [messageId, payload.toString()])).toEqual(
            before.map(({ messageId, payload }) => [messageId, payload.toString()]),
          );
        },
      );

      test('after PUBREC sends PUBREL again and not the message', async () => {
        const publisher = await scene();
        const first = await connectPersistent('worker', { acknowledge: false });
        await first.subscribe(`${root}/#`, { qos: 2 });
        await publisher.publish(`${root}/jobs`, 'taken', { qos: 2 });
        const taken = await first.waitForPayload('taken');
        first.acknowledge(taken);
        await first.waitFor(({ cmd }) => cmd === 'pubrel');
        await first.cut();

        const second = await connectPersistent('worker');
        const pubrel = await second.waitFor(({ cmd }) => cmd === 'pubrel');
        await second.ping();

        expect(pubrel.messageId).toBe(taken.messageId);
        expect(second.publishes).toEqual([]);
      });

      test('keeps QoS 1 and 2 messages for a client that is away, in order and without DUP', async () => {
        const publisher = await scene();
        const gone = await connectPersistent('worker');
        await gone.subscribe(`${root}/#`, { qos: 2 });
        await gone.disconnect();
        await publisher.publish(`${root}/jobs`, 'one', { qos: 1 });
        await publisher.publish(`${root}/jobs`, 'two', { qos: 2 });

        const back = await connectPersistent('worker');
        const publishes = await back.waitForPublishes(2);

        expect(publishes.map(({ payload, qos, dup }) => [payload.toString(), qos, dup])).toEqual([
          ['one', 1, false],
          ['two', 2, false],
        ]);
      });

      test('that is clean ends with its connection', async () => {
        const publisher = await scene();
        const first = await connect('worker', { acknowledge: false });
        await first.subscribe(`${root}/#`);
        await publisher.publish(`${root}/jobs`, 'lost');
        await first.waitForPayload('lost');
        await first.cut();

        const second = await connect('worker', { clean: false });
        await publisher.publish(`${root}/jobs`, 'to nobody');
        await second.ping();

        expect(second.connack.sessionPresent).toBe(false);
        expect(second.publishes).toEqual([]);
      });

      test('is dropped by a clean start', async () => {
        await scene();
        const gone = await connectPersistent('worker');
        await gone.subscribe(`${root}/#`);
        await gone.cut();

        const cleaner = await connect('worker', { clean: true });
        expect(cleaner.connack.sessionPresent).toBe(false);
        await cleaner.disconnect();

        expect((await connectPersistent('worker')).connack.sessionPresent).toBe(false);
      });

      if (protocolVersion === 5) {
        test('ends with a DISCONNECT that sets the Session Expiry Interval to 0', async () => {
          await scene();
          const worker = await connectPersistent('worker');
          await worker.disconnect({ properties: { sessionExpiryInterval: 0 } });

          expect((await connectPersistent('worker')).connack.sessionPresent).toBe(false);
        });
      }

      test('is taken over by a second connection of the same client id, with all it holds', async () => {
        const publisher = await scene();
        const first = await connectPersistent('worker', { acknowledge: false });
        await first.subscribe(`$share/g/${root}/#`);
        await publisher.publish(`${root}/jobs`, 'held');
        await first.waitForPayload('held');

        const second = await connectPersistent('worker');
        await first.closed;
        const held = await second.waitForPayload('held');
        await publisher.publish(`${root}/jobs`, 'new');
        await second.waitForPayload('new');

        expect(second.connack.sessionPresent).toBe(true);
        expect(held.dup).toBe(true);
        const told = first.packets.find(({ cmd }) => cmd === 'disconnect');
        const reasonCode = told?.cmd === 'disconnect' ? told.reasonCode : undefined;
        expect(reasonCode).toBe(protocolVersion === 5 ? peculiar.takeoverReasonCode : undefined);
      });
    });

    describe('a window', () => {
      const window = protocolVersion === 5 ? 2 : 20;
      const properties = protocolVersion === 5 ? { receiveMaximum: window } : undefined;

      test(`of ${window} is filled and not exceeded, and acknowledgements let the next messages through, in order`, async () => {
        const publisher = await scene();
        const worker = await connect('worker', { acknowledge: false, properties });
        await worker.subscribe(`$share/g/${root}/#`);
        const sent = ids('job-', 3 * window + 5);
        await publishAll(publisher, sent);
        await worker.ping();
        expect(worker.payloads).toEqual(sent.slice(0, window));

        worker.publishes.slice(0, 2).forEach((publish) => worker.acknowledge(publish));
        await worker.ping();
        const freed = peculiar.acknowledgementFrees === 'one message' ? 2 : 2 * window;
        expect(worker.payloads).toEqual(sent.slice(0, window + freed));
      });

      test('takes acknowledgements in any order, and ignores one for an unknown identifier', async () => {
        const publisher = await scene();
        const worker = await connect('worker', { acknowledge: false, properties });
        await worker.subscribe(`${root}/#`);
        await publishAll(publisher, ids('job-', window + 2));
        const [one, two] = await worker.waitForPublishes(window);
        worker.send({ cmd: 'puback', messageId: 4711, reasonCode: 0 });
        if (two) worker.acknowledge(two);
        if (one) worker.acknowledge(one);
        await worker.waitForPublishes(window + 2);
        await worker.ping();

        expect(worker.payloads).toEqual(ids('job-', window + 2));
      });

      if (protocolVersion === 5) {
        test.each([1, 2] as const)('at QoS %i treats a negative acknowledgement as final', async (qos) => {
          const publisher = await scene();
          const worker = await connectPersistent('worker', { acknowledge: false });
          await worker.subscribe(`${root}/#`, { qos });
          await publisher.publish(`${root}/jobs`, 'rejected', { qos });
          worker.acknowledge(await worker.waitForPayload('rejected'), 0x83);
          await worker.ping();
          await worker.cut();

          const back = await connectPersistent('worker');
          await back.ping();
          expect(back.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'pingresp']);
        });
      }
    });

    describe('a message', () => {
      test.each([
        [0, 2, 0],
        [1, 0, 0],
        [1, 2, 1],
        [2, 1, 1],
        [2, 2, 2],
      ] as const)(
        'published at QoS %i to a subscription of QoS %i is delivered at QoS %i',
        async (published, subscribed, delivered) => {
          const publisher = await scene();
          const worker = await connect('worker');
          await worker.subscribe(`${root}/#`, { qos: subscribed });
          await publisher.publish(`${root}/jobs`, 'job', { qos: published });
          const { qos } = await worker.waitForPayload('job');

          expect(qos).toBe(delivered);
        },
      );

      test('at QoS 2 is published once, however often its PUBLISH comes', async () => {
        const publisher = await scene();
        const worker = await connect('worker');
        await worker.subscribe(`${root}/#`, { qos: 2 });
        const publish = {
          cmd: 'publish',
          topic: `${root}/jobs`,
          payload: 'once',
          qos: 2,
          retain: false,
          messageId: 99,
        } as const;
        publisher.send({ ...publish, dup: false });
        await publisher.waitFor(({ cmd }) => cmd === 'pubrec');
        publisher.send({ ...publish, dup: true });
        publisher.send({ cmd: 'pubrel', messageId: 99, reasonCode: 0 });
        await publisher.waitFor(({ cmd }) => cmd === 'pubcomp');
        await worker.waitForPayload('once');
        await worker.ping();

        expect(worker.payloads).toEqual(['once']);
      });

      test('comes through overlapping subscriptions as often as is peculiar to the broker', async () => {
        const publisher = await scene();
        const worker = await connect('worker');
        await worker.subscribe(`${root}/#`);
        await worker.subscribe(`${root}/jobs`);
        await publisher.publish(`${root}/jobs`, 'job');
        await worker.ping();

        expect(worker.payloads).toHaveLength(peculiar.overlappingCopies[protocolVersion]);
      });

      test('keeps any bytes that are its payload', async () => {
        const publisher = await scene();
        const worker = await connect('worker');
        await worker.subscribe(`${root}/#`);
        const payload = Buffer.from([0x00, 0xff, 0xc3, 0x28, 0x0a]);
        publisher.send({
          cmd: 'publish',
          topic: `${root}/bin`,
          payload,
          qos: 1,
          dup: false,
          retain: false,
          messageId: 7,
        });
        const [publish] = await worker.waitForPublishes(1);

        expect(publish?.payload).toEqual(payload);
      });

      test('to a topic that begins with $ is not matched by a wildcard in the first level', async () => {
        const publisher = await scene();
        const worker = await connect('worker');
        const marker = `${root}/marker`;
        await worker.subscribe([
          { topic: '#', qos: 1 },
          { topic: '+/internal', qos: 1 },
        ]);
        const named = await connect('named');
        await named.subscribe('$test/#');
        await publisher.publish('$test/internal', 'internal');
        await publisher.publish(marker, 'ordinary');
        await named.waitForPayload('internal');
        await worker.waitForPayload('ordinary');

        // what others have retained on a broker that runs already comes first
        const live = worker.publishes.filter(({ retain }) => !retain);
        expect(live.map(({ topic }) => topic)).toEqual([marker]);
      });

      test('that is retained reaches a later subscriber with RETAIN set, and an earlier one without', async () => {
        const publisher = await scene();
        const early = await connect('early');
        await early.subscribe(`${root}/#`);
        await publisher.publish(`${root}/state`, 'on', { retain: true });
        const late = await connect('late');
        await late.subscribe(`${root}/#`);

        expect((await early.waitForPayload('on')).retain).toBe(false);
        expect((await late.waitForPayload('on')).retain).toBe(true);
        await publisher.publish(`${root}/state`, '', { retain: true });
        const latest = await connect('latest');
        await latest.subscribe(`${root}/#`);
        await latest.ping();
        expect(latest.publishes).toEqual([]);
      });

      if (protocolVersion === 5) {
        test('arrives with all properties that are the application’s, and the Subscription Identifier', async () => {
          const publisher = await scene();
          const worker = await connect('worker');
          await worker.subscribe(`$share/g/${root}/#`, { subscriptionIdentifier: 42 });
          const properties = {
            payloadFormatIndicator: true,
            contentType: 'application/json',
            responseTopic: `${root}/reply`,
            correlationData: Buffer.from([1, 2, 3]),
            userProperties: { trace: 'abc', tag: ['one', 'two'] },
          };
          await publisher.publish(`${root}/jobs`, '{}', { properties });
          const publish = await worker.waitForPayload('{}');

          expect(publish.properties).toMatchObject(
            JSON.parse(JSON.stringify({ ...properties, correlationData: undefined })),
          );
          expect(publish.properties?.correlationData).toEqual(properties.correlationData);
          expect(publish.properties?.subscriptionIdentifier).toBe(42);
        });

        test('without a subscriber is acknowledged with 0x10', async () => {
          const publisher = await scene();
          expect(await publisher.publish(`${root}/nobody`, 'job', { qos: 1 })).toBe(0x10);
          await (await connect('worker')).subscribe(`${root}/#`);
          expect(await publisher.publish(`${root}/nobody`, 'job', { qos: 1 })).toBe(0);
        });

        test('is not sent back to its publisher where No Local was asked for', async () => {
          const publisher = await scene();
          await publisher.subscribe([{ topic: `${root}/#`, qos: 1, nl: true }]);
          const other = await connect('other');
          await other.subscribe([{ topic: `${root}/#`, qos: 1, nl: true }]);
          await publisher.publish(`${root}/jobs`, 'job');
          await other.waitForPayload('job');
          await publisher.ping();

          expect(publisher.publishes).toEqual([]);
        });

        test('keeps its RETAIN flag under Retain As Published', async () => {
          const publisher = await scene();
          const worker = await connect('worker');
          await worker.subscribe([{ topic: `${root}/#`, qos: 1, rap: true }]);
          await publisher.publish(`${root}/state`, 'on', { retain: true });

          expect((await worker.waitForPayload('on')).retain).toBe(true);
          await publisher.publish(`${root}/state`, '', { retain: true });
        });

        test('that is retained follows Retain Handling', async () => {
          const publisher = await scene();
          await publisher.publish(`${root}/state`, 'on', { retain: true });
          const worker = await connect('worker');
          await worker.subscribe([{ topic: `${root}/#`, qos: 1, rh: 2 }]);
          await worker.subscribe([{ topic: `${root}/#`, qos: 1, rh: 1 }]);
          await worker.ping();
          expect(worker.publishes).toEqual([]);

          await worker.subscribe([{ topic: `${root}/#`, qos: 1, rh: 0 }]);
          await worker.ping();
          expect(worker.payloads).toEqual(['on']);
          await publisher.publish(`${root}/state`, '', { retain: true });
        });
      }
    });

    describe('a will', () => {
      const will = (properties?: { willDelayInterval: number }): Partial<RawOptions> => ({
        will: { topic: `${root}/will`, payload: Buffer.from('gone'), qos: 1, retain: false, properties },
      });

      async function watched(): Promise<RawClient> {
        await scene();
        const watcher = await connect('watcher');
        await watcher.subscribe(`${root}/#`);
        return watcher;
      }

      test('is published when the connection breaks', async () => {
        const watcher = await watched();
        await (await connect('worker', will())).cut();

        expect((await watcher.waitForPayload('gone')).topic).toBe(`${root}/will`);
      });

      test('is not published after DISCONNECT', async () => {
        const watcher = await watched();
        const worker = await connect('worker', will());
        await worker.disconnect();
        await (await connect('worker')).ping();
        await watcher.ping();

        expect(watcher.publishes).toEqual([]);
      });

      test('is cancelled by a takeover that keeps the session', async () => {
        const watcher = await watched();
        const worker = await connectPersistent('worker', will());
        const successor = await connectPersistent('worker');
        await worker.closed;
        await successor.publish(`${root}/alive`, 'alive');
        await watcher.waitForPayload('alive');

        expect(watcher.payloads).toEqual(['alive']);
      });

      test('is published by a takeover with a clean start, before anything of the new connection', async () => {
        const watcher = await watched();
        const worker = await connectPersistent('worker', will());
        const successor = await connect('worker', { clean: true });
        await worker.closed;
        await successor.publish(`${root}/alive`, 'alive');
        await watcher.waitForPayload('alive');

        expect(watcher.payloads).toEqual(['gone', 'alive']);
      });

      if (protocolVersion === 5) {
        test('is published after a DISCONNECT with Reason Code 0x04', async () => {
          const watcher = await watched();
          await (await connect('worker', will())).disconnect({ reasonCode: 0x04 });

          expect((await watcher.waitForPayload('gone')).topic).toBe(`${root}/will`);
        });

        test('is held back for the Will Delay Interval and published then', async () => {
          const watcher = await watched();
          const started = Date.now();
          await (await connectPersistent('worker', will({ willDelayInterval: 1 }))).cut();
          await watcher.waitForPayload('gone');

          // a broker may count whole seconds of its own clock
          expect(Date.now() - started).toBeGreaterThan(200);
        });

        test('is cancelled by a reconnect within the Will Delay Interval', async () => {
          const watcher = await watched();
          await (await connectPersistent('worker', will({ willDelayInterval: 1 }))).cut();
          await connectPersistent('worker');
          // a second client's will of the same delay is the clock
          const clock = await connectPersistent('clock', {
            will: {
              topic: `${root}/clock`,
              payload: Buffer.from('time is up'),
              qos: 1,
              retain: false,
              properties: { willDelayInterval: 2 },
            },
          });
          await clock.cut();
          await watcher.waitForPayload('time is up');

          expect(watcher.payloads).toEqual(['time is up']);
        });
      }
    });

    describe('a filter', () => {
      /** Granted, refused in SUBACK, or answered with the end of the connection. */
      async function verdict(filter: string, nl = false): Promise<Verdict> {
        nextRoot();
        const client = await connect('client');
        client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1, nl }] });
        await Promise.race([client.waitFor(({ cmd }) => cmd === 'suback').catch(() => undefined), client.closed]);
        const suback = client.packets.find(({ cmd }) => cmd === 'suback');
        if (suback?.cmd !== 'suback') return 'disconnected';
        const [reasonCode] = suback.granted as number[];
        return reasonCode === 1 ? 'granted' : `refused 0x${reasonCode?.toString(16)}`;
      }

      test.each(['a/+/b/#', '+/+/#', '/', '$share/g/a/+/b/#'])('%s is granted', async (filter) => {
        expect(await verdict(filter)).toBe('granted');
      });

      test.each([
        'a/#/b',
        'a+/b',
        'a#',
        '$share/g',
        '$share/g/',
        '$share/g+/t',
        '$share/g#/t',
        '$share/g/a/#/b',
        '$share//t',
        '$share/+/t',
      ])('%s is refused, unless the broker is known to take it', async (filter) => {
        const accepted = peculiar.acceptedFilters.includes(filter);
        expect(await verdict(filter)).toBe(accepted ? 'granted' : peculiar.refusal[protocolVersion]);
      });

      if (protocolVersion === 5) {
        test('of a shared subscription with No Local is a protocol error, or accepted where that is peculiar', async () => {
          expect(await verdict('$share/g/t', true)).toBe(peculiar.acceptsNoLocalOnShared ? 'granted' : 'disconnected');
        });

        test('that was not subscribed to is answered with 0x11 by UNSUBACK', async () => {
          await scene();
          const client = await connect('client');
          await client.subscribe(`${root}/a`);
          expect(await client.unsubscribe(`${root}/a`)).toEqual([0]);
          expect(await client.unsubscribe(`${root}/a`)).toEqual([0x11]);
        });
      }
    });
  });
}
