import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from '../support/fast-check.js';
import { ClientClosedError } from '../../lib/errors/client-closed.error.js';
import { InvalidMessageError } from '../../lib/errors/invalid-message.error.js';
import { InvalidTopicNameError } from '../../lib/errors/invalid-topic-name.error.js';
import { OfflineQueueFullError } from '../../lib/errors/offline-queue-full.error.js';
import { PublishError } from '../../lib/errors/publish.error.js';
import { Publisher } from '../../lib/publishing/publisher.js';
import type { OutboundPublish, PublishProperties, QoS } from '../../lib/session/wire.js';
import { FakeWire } from '../support/fake-wire.js';

function message(payload: string, overrides: Partial<OutboundPublish> = {}): OutboundPublish {
  return { topic: 'jobs/1', payload, qos: 1, retain: false, ...overrides };
}

/** Publishes, and notes by payload what became of each. */
class Outcomes {
  readonly settled = new Map<string, Error | undefined>();

  constructor(private readonly publisher: Publisher) {}

  send(payload: string, overrides?: Partial<OutboundPublish>, requireSubscribers = false): void {
    this.publisher.send(
      message(payload, overrides),
      (error) => {
        if (this.settled.has(payload)) throw new Error(`${payload} was settled twice`);
        this.settled.set(payload, error);
      },
      { requireSubscribers },
    );
  }

  get taken(): string[] {
    return [...this.settled].filter(([, error]) => error === undefined).map(([payload]) => payload);
  }
}

function connected(wire = new FakeWire(), offlineQueue?: number) {
  const publisher = new Publisher({ offlineQueue });
  publisher.connected(wire);
  return { publisher, wire, outcomes: new Outcomes(publisher) };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

describe('a publish', () => {
  it('resolves when the server has confirmed it, and not before', async () => {
    const { publisher, wire } = connected();
    const settled = jest.fn();
    const published = publisher.publish(message('1')).then(settled);
    await new Promise(setImmediate);
    expect(wire.payloads).toEqual(['1']);
    expect(settled).not.toHaveBeenCalled();
    wire.sent[0]!.confirm();
    await published;
  });

  it('rejects with Reason Code, topic, address and advice when the server refuses it', async () => {
    const { publisher, wire } = connected();
    const published = publisher.publish(message('1'));
    wire.sent[0]!.refuse(0x87);
    await expect(published).rejects.toBeInstanceOf(PublishError);
    await expect(published).rejects.toMatchObject({
      code: 'PUBLISH',
      reasonCode: 0x87,
      topic: 'jobs/1',
      address: 'mqtt://fake:1883',
      message: expect.stringMatching(/"jobs\/1".*mqtt:\/\/fake:1883.*0x87 \(Not authorized\).*access rules/),
      cause: expect.any(Error),
    });
  });

  it('that nobody subscribes to fails only where subscribers are required', () => {
    const { wire, outcomes } = connected();
    outcomes.send('optional');
    outcomes.send('required', {}, true);
    wire.sent[0]!.confirm(0x10);
    wire.sent[1]!.confirm(0x10);
    expect(outcomes.settled.get('optional')).toBeUndefined();
    expect(outcomes.settled.get('required')).toMatchObject({ reasonCode: 0x10, topic: 'jobs/1' });
  });

  it.each<[string, Partial<OutboundPublish>, new (...args: never[]) => Error]>([
    ['an empty topic', { topic: '' }, InvalidTopicNameError],
    ['a wildcard', { topic: 'jobs/+' }, InvalidTopicNameError],
    ['a topic that is too long', { topic: 'x'.repeat(65_536) }, InvalidTopicNameError],
    ['a QoS that there is not', { qos: 3 as QoS }, InvalidMessageError],
    ['a payload that is no payload', { payload: { a: 1 } as unknown as string }, InvalidMessageError],
    [
      'a User Property that is a number',
      properties({ userProperties: { n: 1 as unknown as string } }),
      InvalidMessageError,
    ],
    [
      'a User Property that is too long',
      properties({ userProperties: { n: 'x'.repeat(65_536) } }),
      InvalidMessageError,
    ],
    ['a Content Type that is an object', properties({ contentType: {} as string }), InvalidMessageError],
    ['a Response Topic with a wildcard', properties({ responseTopic: 'a/#' }), InvalidMessageError],
    ['an empty Response Topic', properties({ responseTopic: '' }), InvalidMessageError],
    [
      'Correlation Data that is a string',
      properties({ correlationData: 'c' as unknown as Buffer }),
      InvalidMessageError,
    ],
    ['half a second of expiry', properties({ messageExpiryInterval: 0.5 }), InvalidMessageError],
    [
      'a Payload Format Indicator of 1',
      properties({ payloadFormatIndicator: 1 as unknown as boolean }),
      InvalidMessageError,
    ],
    ['a Topic Alias', properties({ topicAlias: 1 }), InvalidMessageError],
    ['a property that there is not', properties({ colour: 'red' } as PublishProperties), InvalidMessageError],
    ['User Properties that are a string', properties({ userProperties: 'x' as never }), InvalidMessageError],
    ['a Subscription Identifier', properties({ subscriptionIdentifier: 1 }), InvalidMessageError],
  ])('with %s is refused before anything is sent', (_, overrides, type) => {
    const { wire, outcomes } = connected();
    outcomes.send('valid');
    outcomes.send('invalid', { ...overrides, ...(overrides.payload === undefined && { payload: 'invalid' }) });
    expect([...outcomes.settled.values()]).toEqual([expect.any(type)]);
    expect(wire.payloads).toEqual(['valid']);
  });
});

describe('User Properties', () => {
  it.each([[{}], [{ a: [] }]])('without a single one, %j, are left out: mqtt-packet would write nothing', (empty) => {
    const { wire, outcomes } = connected();
    outcomes.send('1', properties({ contentType: 'x', userProperties: empty }));
    expect(wire.sent[0]!.message.properties).toEqual({ contentType: 'x', userProperties: undefined });
  });
});

function properties(value: PublishProperties): Partial<OutboundPublish> {
  return { properties: value };
}

describe('the limits of the server', () => {
  it('Receive Maximum: no more are unconfirmed at once, and all arrive in order', () => {
    const { wire, outcomes } = connected(new FakeWire({ limits: { receiveMaximum: 10 } }));
    for (const n of numbers(1, 300)) outcomes.send(n);
    expect(wire.payloads).toEqual(numbers(1, 10));
    for (let i = 0; i < 300; i++) wire.sent[i]!.confirm();
    expect(wire.payloads).toEqual(numbers(1, 300));
    expect(outcomes.taken).toEqual(numbers(1, 300));
    expect(wire.mostUnconfirmed).toBe(10);
  });

  it('without one, 1,000 are unconfirmed at once', () => {
    const { wire, outcomes } = connected();
    for (const n of numbers(1, 1_500)) outcomes.send(n);
    expect(wire.payloads).toEqual(numbers(1, 1_000));
  });

  it('10 of QoS 2 are unconfirmed at once on 3.1.1, where a server cannot announce its limit', () => {
    const { wire, outcomes } = connected(new FakeWire({ protocolVersion: 4 }));
    for (const n of numbers(1, 30)) outcomes.send(n, { qos: 2 });
    expect(wire.payloads).toEqual(numbers(1, 10));
    wire.sent[3]!.confirm();
    expect(wire.payloads).toEqual(numbers(1, 11));
  });

  it('QoS 0 does not count against Receive Maximum, and is held back when the socket does not keep up', () => {
    const { wire, outcomes } = connected(new FakeWire({ limits: { receiveMaximum: 1 } }));
    for (const n of numbers(1, 150)) outcomes.send(n, { qos: 0 });
    expect(wire.payloads).toEqual(numbers(1, 100));
    wire.sent[0]!.confirm();
    expect(wire.payloads).toEqual(numbers(1, 101));
    expect(outcomes.taken).toEqual(['1']);
  });

  it('QoS 0 that is not written yet leaves the window of QoS 1 and 2 alone', () => {
    const { wire, outcomes } = connected(new FakeWire({ limits: { receiveMaximum: 1 } }));
    outcomes.send('unwritten', { qos: 0 });
    outcomes.send('1');
    outcomes.send('2');
    expect(wire.payloads).toEqual(['unwritten', '1']);
  });

  it.each<[string, ConstructorParameters<typeof FakeWire>[0], Partial<OutboundPublish>, number, RegExp]>([
    ['Maximum QoS', { limits: { maximumQoS: 1 } }, { qos: 2 }, 0x9b, /Publish it with QoS 1/],
    ['Retain Available', { limits: { retainAvailable: false } }, { retain: true }, 0x9a, /without `retain`/],
    ['Maximum Packet Size', { limits: { maximumPacketSize: 60 } }, { topic: 'x'.repeat(60) }, 0x95, /Send less/],
  ])('%s: what goes beyond is refused and not sent, what follows is sent', (_, options, overrides, reasonCode, fix) => {
    const { wire, outcomes } = connected(new FakeWire(options));
    outcomes.send('beyond', overrides);
    outcomes.send('within');
    expect(outcomes.settled.get('beyond')).toMatchObject({ reasonCode, message: expect.stringMatching(fix) });
    expect(wire.payloads).toEqual(['within']);
  });

  it('are those of the connection that a message leaves on, also when it waited for it', () => {
    const publisher = new Publisher();
    const outcomes = new Outcomes(publisher);
    outcomes.send('1', { qos: 2 });
    publisher.connected(new FakeWire({ limits: { maximumQoS: 1 } }));
    expect(outcomes.settled.get('1')).toMatchObject({ reasonCode: 0x9b });
  });
});

describe('without a connection', () => {
  it('messages wait, and leave in order when there is one', () => {
    const publisher = new Publisher();
    const outcomes = new Outcomes(publisher);
    for (const n of numbers(1, 3)) outcomes.send(n);
    const wire = new FakeWire();
    publisher.connected(wire);
    expect(wire.payloads).toEqual(numbers(1, 3));
  });

  it('no more wait than the queue holds, and which failed is known', () => {
    const publisher = new Publisher({ offlineQueue: 3 });
    const outcomes = new Outcomes(publisher);
    for (const n of numbers(1, 5)) outcomes.send(n);
    expect([...outcomes.settled.keys()]).toEqual(['4', '5']);
    expect(outcomes.settled.get('4')).toBeInstanceOf(OfflineQueueFullError);
    expect(outcomes.settled.get('4')).toMatchObject({ code: 'OFFLINE_QUEUE_FULL', offlineQueue: 3, topic: 'jobs/1' });
  });

  it('what was unconfirmed counts as waiting', () => {
    const { publisher, wire, outcomes } = connected(new FakeWire(), 3);
    for (const n of numbers(1, 2)) outcomes.send(n);
    wire.open = false;
    publisher.disconnected();
    outcomes.send('3');
    outcomes.send('4');
    expect([...outcomes.settled.keys()]).toEqual(['4']);
  });

  it('a queue for nothing is possible', () => {
    const outcomes = new Outcomes(new Publisher({ offlineQueue: 0 }));
    outcomes.send('1');
    expect(outcomes.settled.get('1')).toBeInstanceOf(OfflineQueueFullError);
  });
});

describe('when the connection ends', () => {
  it('what is unconfirmed is sent again on the next, in order and ahead of newer messages', () => {
    const { publisher, wire, outcomes } = connected(new FakeWire({ limits: { receiveMaximum: 3 } }));
    for (const n of numbers(1, 5)) outcomes.send(n);
    wire.sent[1]!.confirm();
    wire.open = false;
    publisher.disconnected();
    outcomes.send('6');
    const next = new FakeWire();
    publisher.connected(next);
    expect(next.payloads).toEqual(['1', '3', '4', '5', '6']);
    for (const sent of next.sent) sent.confirm();
    expect(outcomes.taken).toEqual(['2', '1', '3', '4', '5', '6']);
  });

  it('what is unconfirmed is sent again in order, whatever was confirmed out of order', () => {
    const { publisher, wire, outcomes } = connected();
    for (const payload of numbers(1, 6)) outcomes.send(payload);
    for (const index of [1, 3]) wire.sent[index]!.confirm();
    publisher.disconnected();
    const next = new FakeWire();
    publisher.connected(next);
    expect(next.payloads).toEqual(['1', '3', '5', '6']);
  });

  it('what has been given up is settled, and not sent again', () => {
    const { publisher, wire } = connected(new FakeWire({ limits: { receiveMaximum: 1 } }));
    const settled: (Error | undefined)[] = [];
    const outgoing = numbers(1, 3).map((payload) => publisher.send(message(payload), (error) => settled.push(error)));
    const late = new Error('late');
    for (const given of outgoing.slice(0, 2)) publisher.giveUp(given!, late);
    expect([settled, wire.payloads, publisher.unsettled]).toEqual([[late, late], ['1'], 2]);
    publisher.disconnected();
    const next = new FakeWire();
    publisher.connected(next);
    expect(next.payloads).toEqual(['3']);
  });

  it('what has been forgotten is not sent again, and has its outcome where it is still under way', () => {
    const { publisher, wire } = connected(new FakeWire({ limits: { receiveMaximum: 2 } }));
    const settled: [string, Error | undefined][] = [];
    const outgoing = numbers(1, 4).map((n) => publisher.send(message(n), (error) => settled.push([n, error]))!);
    for (const index of [0, 1, 2]) publisher.forget(outgoing[index]!);
    expect([settled, wire.payloads]).toEqual([[['3', expect.any(Error)]], ['1', '2']]);
    wire.sent[0]!.confirm();
    publisher.disconnected();
    const next = new FakeWire();
    publisher.connected(next);
    expect(next.payloads).toEqual(['4']);
    next.sent[0]!.confirm();
    expect(settled.slice(1)).toEqual([
      ['1', undefined],
      ['2', expect.any(Error)],
      ['4', undefined],
    ]);
    expect(publisher.unsettled).toBe(0);
  });

  it('what is forgotten leaves its place in the offline queue, also behind what is not', () => {
    const publisher = new Publisher({ offlineQueue: 3 });
    const outcomes = new Outcomes(publisher);
    outcomes.send('1');
    const requests = ['2', '3'].map((payload) => publisher.send(message(payload), () => {})!);
    for (const request of requests) publisher.forget(request);
    for (const payload of ['4', '5', '6']) outcomes.send(payload);
    const wire = new FakeWire();
    publisher.connected(wire);
    expect([...outcomes.settled]).toEqual([['6', expect.any(OfflineQueueFullError)]]);
    expect(wire.payloads).toEqual(['1', '4', '5']);
  });

  it('and the next one too, before everything could be sent again, the order stays', () => {
    const { publisher, outcomes } = connected();
    for (const n of numbers(1, 4)) outcomes.send(n);
    publisher.disconnected();
    publisher.connected(new FakeWire({ limits: { receiveMaximum: 2 } }));
    outcomes.send('5');
    publisher.disconnected();
    const third = new FakeWire();
    publisher.connected(third);
    expect(third.payloads).toEqual(numbers(1, 5));
  });

  it('a confirmation that comes too late settles nothing', () => {
    const { publisher, wire, outcomes } = connected();
    outcomes.send('1');
    publisher.disconnected();
    publisher.connected(new FakeWire());
    wire.sent[0]!.confirm();
    expect(outcomes.taken).toEqual([]);
  });

  it('nothing is published on it any more, also before its end is told', () => {
    const { publisher, wire, outcomes } = connected();
    wire.open = false;
    outcomes.send('1');
    publisher.disconnected();
    const next = new FakeWire();
    publisher.connected(next);
    expect([wire.payloads, next.payloads]).toEqual([[], ['1']]);
  });

  it('what was not written on it does not hold back QoS 0 on the next', () => {
    const { publisher, outcomes } = connected();
    for (const n of numbers(1, 100)) outcomes.send(n, { qos: 0 });
    publisher.disconnected();
    const next = new FakeWire();
    publisher.connected(next);
    outcomes.send('101', { qos: 0 });
    expect(next.payloads).toEqual(['101']);
  });

  it('a message of QoS 0 that was not written fails instead of risking to arrive twice [MQTT-4.3.1]', () => {
    const { publisher, outcomes } = connected();
    outcomes.send('unwritten', { qos: 0 });
    publisher.disconnected();
    expect(outcomes.settled.get('unwritten')).toMatchObject({
      code: 'PUBLISH',
      reasonCode: undefined,
      address: 'mqtt://fake:1883',
    });
    outcomes.send('queued', { qos: 0 });
    const next = new FakeWire();
    publisher.connected(next);
    expect(next.payloads).toEqual(['queued']);
  });
});

describe('a long queue', () => {
  it('leaves without a stack that grows with it, on a connection that confirms at once', () => {
    const publisher = new Publisher({ offlineQueue: 100_000 });
    const outcomes = new Outcomes(publisher);
    for (const n of numbers(1, 20_000)) outcomes.send(n);
    const wire = new FakeWire();
    wire.publish = (_, done) => done(undefined, 0);
    publisher.connected(wire);
    expect(outcomes.taken).toEqual(numbers(1, 20_000));
  });
});

describe('whatever happens', () => {
  it('every message is settled once, none is confirmed that was not, and first sendings keep their order', () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 5, arbitrary: fc.constant('send' as const) },
        { weight: 4, arbitrary: fc.nat({ max: 5 }) },
        { weight: 1, arbitrary: fc.constantFrom('cut' as const, 'connect' as const) },
      ),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (sequence, receiveMaximum) => {
        const publisher = new Publisher({ offlineQueue: 5 });
        const outcomes = new Outcomes(publisher);
        const confirmed = new Set<string>();
        const firstSendings: string[] = [];
        let wire: FakeWire | undefined;
        let open: FakeWire['sent'] = [];
        let seen = 0;
        let count = 0;
        const look = (): void => {
          for (; wire !== undefined && seen < wire.sent.length; seen++) {
            const sent = wire.sent[seen]!;
            open.push(sent);
            if (!firstSendings.includes(sent.payload)) firstSendings.push(sent.payload);
          }
        };
        const connect = (): void => {
          if (wire !== undefined) return;
          wire = new FakeWire({ limits: { receiveMaximum } });
          seen = 0;
          open = [];
          publisher.connected(wire);
        };
        const confirm = (index: number): void => {
          const [sent] = open.splice(index % Math.max(open.length, 1), 1);
          if (sent === undefined) return;
          confirmed.add(sent.payload);
          sent.confirm();
        };
        for (const step of sequence) {
          if (step === 'send') outcomes.send(String(count++));
          else if (step === 'connect') connect();
          else if (step === 'cut') {
            wire = undefined;
            open = [];
            publisher.disconnected();
          } else confirm(step);
          look();
          expect(wire?.mostUnconfirmed ?? 0).toBeLessThanOrEqual(receiveMaximum);
          expect(new Set(outcomes.taken)).toEqual(confirmed);
        }
        connect();
        for (look(); open.length > 0; look()) confirm(0);
        expect([...outcomes.settled.keys()].sort((a, b) => Number(a) - Number(b))).toEqual(
          count === 0 ? [] : numbers(0, count - 1),
        );
        expect(new Set(outcomes.taken)).toEqual(confirmed);
        expect(firstSendings).toEqual([...firstSendings].sort((a, b) => Number(a) - Number(b)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('close', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('waits until everything is confirmed', async () => {
    const { publisher, wire, outcomes } = connected(new FakeWire({ limits: { receiveMaximum: 1 } }));
    for (const n of numbers(1, 2)) outcomes.send(n);
    const closed = publisher.close(1_000);
    wire.sent[0]!.confirm();
    wire.sent[1]!.confirm();
    await closed;
    expect(outcomes.taken).toEqual(['1', '2']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('rejects what is not confirmed by the deadline', async () => {
    const { publisher, wire, outcomes } = connected();
    for (const n of numbers(1, 2)) outcomes.send(n);
    const closed = publisher.close(1_000);
    wire.sent[0]!.confirm();
    jest.advanceTimersByTime(1_000);
    await closed;
    expect(outcomes.taken).toEqual(['1']);
    expect(outcomes.settled.get('2')).toBeInstanceOf(ClientClosedError);
  });

  it('does not wait for a connection', async () => {
    const publisher = new Publisher();
    const outcomes = new Outcomes(publisher);
    outcomes.send('1');
    await publisher.close(1_000);
    expect(outcomes.settled.get('1')).toBeInstanceOf(ClientClosedError);
  });

  it('rejects what is left at once when the connection ends meanwhile', async () => {
    const { publisher, outcomes } = connected();
    outcomes.send('1');
    const closed = publisher.close(1_000);
    publisher.disconnected();
    await closed;
    expect(outcomes.settled.get('1')).toBeInstanceOf(ClientClosedError);
  });

  it('takes nothing more, not even from what a rejection sets off, and may be called twice', async () => {
    const publisher = new Publisher();
    const followUp = jest.fn();
    publisher.send(message('1'), () => publisher.send(message('2'), followUp));
    await Promise.all([publisher.close(1_000), publisher.close(1_000)]);
    expect(followUp).toHaveBeenCalledWith(expect.any(ClientClosedError));
    expect(publisher.unsettled).toBe(0);
  });
});
