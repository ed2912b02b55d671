import { expect, test } from '@jest/globals';
import fc from '../support/fast-check.js';
import { type Behaviour, BEHAVIOURS, EmbeddedBroker, type EmbeddedBrokerOptions } from 'nestjs-mqtt-shared/testing';

import { RawClient } from '../support/raw-client.js';

const FILTER = '$share/g/jobs/#';
const MEMBERS = ['a', 'b', 'c'];

type Step =
  | { readonly do: 'publish'; readonly qos: 1 | 2; readonly count: number }
  | { readonly do: 'come'; readonly who: string; readonly receiveMaximum: number }
  | { readonly do: 'join' | 'leave' | 'cut' | 'acknowledge' | 'expire'; readonly who: string };

const who = fc.constantFrom(...MEMBERS);
const receiveMaximum = fc.integer({ min: 1, max: 3 });
const qos = fc.constantFrom(1 as const, 2 as const);
const simple = (what: 'join' | 'leave' | 'cut' | 'acknowledge' | 'expire'): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant(what), who });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('publish' as const), qos, count: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('come' as const), who, receiveMaximum }) },
  { weight: 6, arbitrary: simple('acknowledge') },
  { weight: 4, arbitrary: simple('cut') },
  { weight: 2, arbitrary: simple('join') },
  { weight: 1, arbitrary: simple('leave') },
  { weight: 1, arbitrary: simple('expire') },
);
/** Without these most runs would have no group to speak of. */
const opening: Step[] = MEMBERS.flatMap((member) => [
  { do: 'come', who: member, receiveMaximum: 2 },
  { do: 'join', who: member },
]);
/** Round trips within which a group that works has long handed out what it holds. */
const ENOUGH = 500;

/** Watches one broker while it is treated badly, and knows for each message who has it. */
class Observer {
  readonly owed = new Set<string>();
  readonly taken = new Map<string, string[]>();
  readonly faults: string[] = [];
  readonly #holders = new Map<string, string>();

  constructor(broker: EmbeddedBroker, goesWithMembers: boolean) {
    const members = () => broker.clients.filter(({ subscriptions }) => subscriptions.includes(FILTER));
    const anyMember = (): boolean => members().length > 0;
    const anyConnected = (): boolean => members().some(({ connected }) => connected);
    broker.on('publish', ({ payload }) => {
      if (anyMember()) this.owed.add(payload.toString());
    });
    broker.on('deliver', ({ clientId, payload }) => {
      const message = payload.toString();
      const holder = this.#holders.get(message);
      if (holder !== undefined && holder !== clientId) {
        this.faults.push(`${message} was sent to ${clientId} while ${holder} held it`);
      }
      if (this.taken.has(message)) this.faults.push(`${message} was sent to ${clientId} after it had been taken`);
      this.#holders.set(message, clientId);
    });
    // nobody holds anything without a connection; what stays with the session is delivered again
    broker.on('disconnect', ({ clientId }) => {
      for (const [message, holder] of this.#holders) if (holder === clientId) this.#holders.delete(message);
    });
    broker.on('acknowledge', ({ clientId, payload }) => {
      const message = payload.toString();
      this.taken.set(message, [...(this.taken.get(message) ?? []), clientId]);
    });
    broker.on('drop', ({ payload, reason }) => {
      const hasMember = goesWithMembers ? anyConnected() : anyMember();
      if (hasMember) this.faults.push(`${payload.toString()} was dropped (${reason}) though the group had a member`);
      this.owed.delete(payload.toString());
    });
  }
}

async function run(steps: Step[], options: EmbeddedBrokerOptions, goesWithMembers: boolean): Promise<void> {
  const broker = new EmbeddedBroker(options);
  await broker.listen();
  const observer = new Observer(broker, goesWithMembers);
  const clients = new Map<string, RawClient>();
  const acknowledged = new WeakSet<object>();
  let published = 0;

  const come = async (clientId: string, receiveMaximum: number, acknowledge: boolean): Promise<void> => {
    const properties = { sessionExpiryInterval: 600, receiveMaximum };
    const options = { protocolVersion: 5, clientId, clean: false, acknowledge, properties } as const;
    clients.set(clientId, await RawClient.connect(broker.url, options));
  };
  const isConnected = (clientId: string): boolean =>
    broker.clients.some((client) => client.clientId === clientId && client.connected);

  async function take(current: Step): Promise<void> {
    if (current.do === 'publish') {
      for (let i = 0; i < current.count; i++) await broker.publish('jobs/a', `m${published++}`, { qos: current.qos });
      return;
    }
    if (current.do === 'come') return come(current.who, current.receiveMaximum, false);
    if (current.do === 'expire') {
      if (broker.clients.some(({ clientId }) => clientId === current.who)) broker.expireSession(current.who);
      return;
    }
    const client = clients.get(current.who);
    if (!client || !isConnected(current.who)) return;
    switch (current.do) {
      case 'join':
        await client.subscribe(FILTER, { qos: 2 });
        return;
      case 'leave':
        await client.unsubscribe(FILTER);
        return;
      case 'cut':
        broker.cut(current.who);
        return;
      case 'acknowledge': {
        await client.ping();
        const packet = client.packets.find(({ cmd }, index) => {
          const candidate = client.packets[index];
          return candidate && (cmd === 'publish' || cmd === 'pubrel') && !acknowledged.has(candidate);
        });
        if (!packet) return;
        acknowledged.add(packet);
        if (packet.cmd === 'publish') client.acknowledge(packet);
        else client.send({ cmd: 'pubcomp', messageId: packet.messageId, reasonCode: 0 });
        await client.ping();
      }
    }
  }

  try {
    for (const current of [...opening, ...steps]) await take(current);
    // everyone who has a session comes back and takes what it is given
    for (const { clientId } of broker.clients) await come(clientId, 2, true);
    const unfinished = () => broker.clients.filter(({ inFlight, queued }) => inFlight.length + queued > 0);
    const owing = () => observer.owed.size > observer.taken.size || unfinished().length > 0;
    for (let round = 0; owing() && round < ENOUGH; round++) {
      await Promise.all([...clients].filter(([clientId]) => isConnected(clientId)).map(([, client]) => client.ping()));
    }
    expect(unfinished()).toEqual([]);
    expect(observer.faults).toEqual([]);
    expect([...observer.taken.keys()].sort()).toEqual([...observer.owed].sort());
    expect([...observer.taken.values()].filter((takers) => takers.length !== 1)).toEqual([]);
  } finally {
    await broker.close();
    await Promise.all([...clients.values()].map((client) => client.cut()));
  }
}

/** Messages wait with the group, and go when a member leaves and no other is connected; what is handed out though a member holds it is another matter. */
const queues = {
  'in batches': { ...BEHAVIOURS.hivemq, distribution: { kind: 'queue', batch: 50, outlivesMembers: false } },
  'one by one': { ...BEHAVIOURS.artemis, unsubscribeRedelivers: false, resubscribeRedelivers: false },
} satisfies Record<string, Behaviour>;

const TIME_LIMIT = 10_000;

test.each([
  ['by default', undefined, 300],
  ['with one queue that is handed out in batches', queues['in batches'], 60],
  ['with one queue that is handed out one by one', queues['one by one'], 60],
] as const)(
  'No message of a shared subscription is lost or held by two members, whatever they do: %s',
  async (_, behaviour, numRuns) => {
    const deadline = Date.now() + TIME_LIMIT;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        if (Date.now() < deadline) await run(steps, { behaviour }, behaviour !== undefined);
      }),
      { numRuns },
    );
  },
  TIME_LIMIT + 20_000,
);
