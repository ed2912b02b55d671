import { describe, expect, it, jest } from '@jest/globals';
import type { AckOrder } from '../../lib/delivery/ack-queue.js';
import { PayloadTooLargeError } from '../../lib/errors/payload-too-large.error.js';
import { UnmatchedMessageError } from '../../lib/errors/unmatched-message.error.js';
import { acknowledge } from '../../lib/failure/acknowledge.js';
import { RejectMessage, RetryMessage } from '../../lib/failure/verdicts.js';
import { ConsumerScene } from './consumer-scene.js';
import { promisesToSettle, route } from './routes.js';
import { StubHandler } from './stub-handler.js';
import { fakeTimeForEachTest, pass } from './fake-time.js';

fakeTimeForEachTest();

describe('Acknowledging', () => {
  it('waits for the handler, and says PUBACK for QoS 1 and PUBREC for QoS 2', async () => {
    const scene = new ConsumerScene();
    scene.receive('a', 1);
    scene.receive('b', 2, { qos: 2 });
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual([]);
    scene.handler.call('a').succeed();
    scene.handler.call('b').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1', 'pubrec 2']);
    expect(scene.eventsOf('handled').map(({ message }) => message.packetId)).toEqual([1, 2]);
    expect(scene.eventsOf('acknowledged').map(({ message }) => message.packetId)).toEqual([1, 2]);
  });

  it.each<[AckOrder, string[]]>([
    ['arrival', ['puback 1', 'puback 2', 'puback 3']],
    ['completion', ['puback 3', 'puback 2', 'puback 1']],
  ])('happens in order of %s when handlers finish in reverse order', async (ackOrder, expected) => {
    const scene = new ConsumerScene({ ackOrder });
    for (const packetId of [1, 2, 3]) scene.receive(`m${packetId}`, packetId);
    for (const id of ['m3', 'm2', 'm1']) {
      scene.handler.call(id).succeed();
      await promisesToSettle();
    }
    expect(scene.acknowledgements).toEqual(expected);
  });

  it('does not wait for a message that is held', async () => {
    const scene = new ConsumerScene();
    scene.receive('bad', 1);
    scene.receive('good', 2);
    scene.handler.call('good').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual([]);
    scene.handler.call('bad').fail();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 2']);
    expect(scene.eventsOf('held').map(({ message }) => message.packetId)).toEqual([1]);
    expect(scene.heldCounts).toEqual([1]);
    expect(scene.consumer.snapshot()).toMatchObject({ held: 1, unsettled: 1, oldestHeldFor: 0 });
  });

  it('does not happen on another connection than the one on which the message came', async () => {
    const scene = new ConsumerScene();
    scene.receive('a', 1);
    scene.reconnect();
    scene.handler.call('a').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual([]);
    expect(scene.eventsOf('acknowledgement-dropped').map(({ message }) => message.packetId)).toEqual([1]);
    expect(scene.consumer.snapshot().acksDropped).toBe(1);
  });

  it('is withdrawn when the server gives the Packet Identifier to another message', async () => {
    const scene = new ConsumerScene();
    scene.receive('old', 1);
    scene.receive('new', 1);
    scene.handler.call('old').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual([]);
    scene.handler.call('new').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
    expect(scene.consumer.snapshot()).toMatchObject({ unsettled: 0, acksDropped: 1 });
  });

  it('happens early, once, when a handler asks for it, and its place stays taken until it has ended', async () => {
    const scene = new ConsumerScene({ concurrency: 1 });
    scene.receive('a', 1);
    scene.receive('b', 2);
    const { attempt } = scene.handler.call('a');
    expect([attempt.ack(), attempt.ack(), attempt.reject(0x83)]).toEqual([true, false, false]);
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
    expect(scene.handler.ids).toEqual(['a']);
    scene.handler.call('a').fail(new Error('too late to matter'));
    await promisesToSettle();
    expect(scene.handler.ids).toEqual(['a', 'b']);
    expect(scene.eventsOf('failed')).toMatchObject([{ attempt: 1, retryIn: undefined }]);
    expect(scene.consumer.snapshot()).toMatchObject({ handled: 1, failed: 0, failedAttempts: 1 });
  });

  it('carries the Reason Code of a rejection, which outweighs the success of other handlers', async () => {
    const first = new StubHandler();
    const second = new StubHandler();
    const scene = new ConsumerScene({ routes: [route('jobs/#', [first, second])] });
    scene.receive('a', 1, { qos: 2 });
    first.call('a').attempt.reject(0x97);
    first.call('a').succeed();
    second.call('a').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['pubrec 1 0x97']);
    expect(scene.consumer.snapshot()).toMatchObject({ handled: 0, failed: 1, failedAttempts: 0 });
    expect(scene.eventsOf('handled')).toEqual([]);
    expect(scene.eventsOf('failed')).toMatchObject([
      { handler: 'Jobs.handle', attempt: 1, error: { reasonCode: 0x97 }, retryIn: undefined },
    ]);
    expect(scene.eventsOf('failed')[0]?.error).toBeInstanceOf(RejectMessage);
    // PUBREC with a failure ends the exchange: the identifier stands for a new message (section 4.3.3).
    scene.receive('b', 1, { qos: 2 });
    expect(first.ids).toEqual(['a', 'b']);
  });

  it('by hand happens long after the method has returned, and only once', async () => {
    const manual = new StubHandler({ ack: 'manual' });
    const scene = new ConsumerScene({ concurrency: 1, routes: [route('jobs/#', [manual])] });
    scene.receive('a', 1);
    scene.receive('b', 2);
    manual.call('a').succeed();
    await promisesToSettle();
    expect(manual.ids).toEqual(['a', 'b']);
    expect(scene.acknowledgements).toEqual([]);
    expect(scene.consumer.snapshot()).toMatchObject({ running: 1, unsettled: 2 });
    const { attempt } = manual.call('a');
    expect([attempt.ack(), attempt.ack()]).toEqual([true, false]);
    expect(scene.acknowledgements).toEqual(['puback 1']);
  });

  it('by hand waits for every handler of the message, by hand or not', async () => {
    const [byHand, alsoByHand, auto] = [
      new StubHandler({ ack: 'manual' }),
      new StubHandler({ ack: 'manual' }),
      new StubHandler(),
    ];
    const scene = new ConsumerScene({ routes: [route('jobs/#', [byHand, alsoByHand, auto], { attempts: 2 })] });
    scene.receive('a', 1);
    byHand.call('a').attempt.ack();
    byHand.call('a').succeed();
    alsoByHand.call('a').succeed();
    auto.call('a').fail();
    await promisesToSettle();
    alsoByHand.call('a').attempt.ack();
    await pass(100);
    expect(scene.acknowledgements).toEqual([]);
    auto.call('a').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
    expect([byHand.ids, alsoByHand.ids, auto.ids]).toEqual([['a'], ['a'], ['a', 'a']]);
  });

  it('by hand is refused to a call that has failed', async () => {
    const manual = new StubHandler({ ack: 'manual' });
    const scene = new ConsumerScene({ routes: [route('jobs/#', [manual], { attempts: 2 })] });
    scene.receive('a', 1);
    const first = manual.call('a');
    first.fail();
    await pass(100);
    expect(first.attempt.ack()).toBe(false);
    expect(manual.call('a').attempt.ack()).toBe(true);
    expect(scene.acknowledgements).toEqual(['puback 1']);
  });
});

describe('What no handler can be given', () => {
  it('a message that matches no handler has failed and is held', async () => {
    const scene = new ConsumerScene();
    scene.receive('a', 1, { topic: 'elsewhere' });
    await promisesToSettle();
    expect(scene.eventsOf('failed')).toMatchObject([
      { handler: undefined, attempt: 0, error: expect.any(UnmatchedMessageError), message: { filter: undefined } },
    ]);
    expect(scene.eventsOf('held')).toHaveLength(1);
    expect(scene.acknowledgements).toEqual([]);
  });

  it('a message above maxPayload has failed, one of exactly maxPayload has not', async () => {
    const scene = new ConsumerScene({ maxPayload: 3 });
    scene.receive('four', 1);
    scene.receive('six', 2);
    await promisesToSettle();
    expect(scene.handler.ids).toEqual(['six']);
    expect(scene.eventsOf('failed')).toMatchObject([
      { error: expect.any(PayloadTooLargeError), message: { packetId: 1 } },
    ]);
  });

  it('a message whose key cannot be made has failed, and its siblings have not', async () => {
    const handler = new StubHandler();
    const orderBy = ({ packet }: { packet: { payload: Buffer } }): string => {
      if (packet.payload.toString() === 'bad') throw new Error('no key');
      return 'key';
    };
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler], { orderBy })] });
    scene.receive('bad', 1);
    scene.receive('good', 2);
    await promisesToSettle();
    expect(handler.ids).toEqual(['good']);
    expect(scene.eventsOf('failed')).toMatchObject([{ error: { message: 'no key' }, message: { packetId: 1 } }]);
    handler.call('good').succeed();
    await promisesToSettle();
    expect([scene.acknowledgements, scene.lanes.size]).toEqual([['puback 2'], 0]);
  });

  it('ends as its policy says, and is held when that fails', async () => {
    const kept = route('kept/#', [new StubHandler()], { end: acknowledge });
    const broken = route('broken/#', [new StubHandler()], { end: { settle: () => Promise.reject(new Error('end')) } });
    const throwing = route('throwing/#', [new StubHandler()], {
      end: {
        settle: () => {
          throw new Error('end');
        },
      },
    });
    const scene = new ConsumerScene({ maxPayload: 1, routes: [kept, broken, throwing] });
    scene.receive('long', 1, { topic: 'kept/a' });
    scene.receive('long', 2, { topic: 'broken/a' });
    scene.receive('long', 3, { topic: 'throwing/a' });
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
    expect(new Set(scene.eventsOf('held').map(({ message }) => message.packetId))).toEqual(new Set([2, 3]));
  });

  it('a new reply under the Packet Identifier of a resent one is acknowledged in its own turn', async () => {
    const scene = new ConsumerScene();
    scene.receive('open', 1);
    scene.receive('r', 2, { topic: 'reply/x', dup: true });
    scene.receive('next', 3);
    scene.receive('r', 2, { topic: 'reply/y' });
    scene.handler.call('open').succeed();
    scene.handler.call('next').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1', 'puback 3', 'puback 2']);
  });

  it('a reply on its way to somebody else is acknowledged and not handled', async () => {
    const scene = new ConsumerScene();
    scene.receive('r', 1, { topic: 'reply/x' });
    scene.receive('r', 2, { topic: 'reply/x', qos: 2 });
    scene.receive('r', 0, { topic: 'reply/x', qos: 0 });
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1', 'pubrec 2']);
    expect(scene.eventsOf('reply-ignored').map(({ message }) => message.packetId)).toEqual([1, 2, 0]);
    expect(scene.consumer.snapshot()).toMatchObject({ received: 0, unsettled: 0 });
  });
});

describe('The window', () => {
  it('says stop with one message more than receiveMaximum, and asks for more once there is room', async () => {
    const scene = new ConsumerScene({ receiveMaximum: 2 });
    expect([1, 2, 3].map((packetId) => scene.receive(`m${packetId}`, packetId))).toEqual([true, true, false]);
    expect(scene.eventsOf('paused')).toMatchObject([{ unacknowledged: 3 }]);
    scene.handler.call('m3').succeed();
    await promisesToSettle();
    expect(scene.resumes).toBe(0);
    scene.handler.call('m1').succeed();
    await promisesToSettle();
    expect(scene.resumes).toBe(1);
    scene.handler.call('m2').succeed();
    await promisesToSettle();
    expect(scene.resumes).toBe(1);
    expect(scene.eventsOf('resumed')).toHaveLength(1);
  });

  it('counts QoS 0 as well, although it is never acknowledged', async () => {
    const scene = new ConsumerScene({ receiveMaximum: 1 });
    expect([scene.receive('a', 0, { qos: 0 }), scene.receive('b', 0, { qos: 0 })]).toEqual([true, false]);
    scene.handler.call('a').fail();
    await promisesToSettle();
    expect([scene.resumes, scene.acknowledgements, scene.eventsOf('held')]).toEqual([1, [], []]);
    expect(scene.consumer.snapshot()).toMatchObject({ unsettled: 1, held: 0, failed: 1 });
  });

  it('is not what a connection has that is gone', async () => {
    const scene = new ConsumerScene({ receiveMaximum: 1 });
    scene.receive('a', 1);
    scene.receive('b', 2);
    scene.consumer.detach();
    scene.handler.call('a').succeed();
    scene.handler.call('b').succeed();
    await promisesToSettle();
    expect(scene.resumes).toBe(0);
    scene.consumer.attach(false);
    expect(scene.receive('c', 1)).toBe(true);
  });

  it('is open until the next connection when what arrives on this one is left to the broker', () => {
    const scene = new ConsumerScene({ receiveMaximum: 1 });
    scene.receive('a', 1);
    expect(scene.receive('b', 2)).toBe(false);
    scene.consumer.discardArrivals('on this connection');
    expect([scene.resumes, scene.receive('c', 3)]).toEqual([1, true]);
    scene.reconnect();
    scene.receive('c', 3, { dup: true });
    expect(scene.handler.ids).toEqual(['a', 'b', 'c']);
  });

  it('opens for good when what arrives is left to the broker', async () => {
    const scene = new ConsumerScene({ receiveMaximum: 1 });
    scene.receive('a', 1);
    expect(scene.receive('b', 2)).toBe(false);
    scene.consumer.discardArrivals('for good');
    expect(scene.resumes).toBe(1);
    expect(scene.receive('c', 3)).toBe(true);
    expect(scene.handler.ids).toEqual(['a', 'b']);
    scene.handler.call('a').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
    expect(scene.resumes).toBe(1);
  });
});

describe('Figures', () => {
  it('tell what is running, waiting, unsettled and for how long', async () => {
    const scene = new ConsumerScene({ concurrency: 1 });
    scene.receive('a', 1);
    await pass(300);
    scene.receive('b', 2, { dup: true });
    await pass(200);
    expect(scene.consumer.snapshot()).toEqual({
      received: 2,
      handled: 0,
      failed: 0,
      failedAttempts: 0,
      resent: 1,
      acksDropped: 0,
      running: 1,
      waiting: 1,
      unsettled: 2,
      held: 0,
      oldestHeldFor: 500,
    });
    scene.handler.call('a').succeed();
    await promisesToSettle();
    expect(scene.consumer.snapshot()).toMatchObject({ handled: 1, running: 1, waiting: 0, oldestHeldFor: 200 });
    expect(scene.eventsOf('handled')).toMatchObject([{ duration: 500 }]);
  });
});

describe('Closing', () => {
  it('holds starts back, and says when nothing runs although messages wait', async () => {
    const scene = new ConsumerScene({ concurrency: 1 });
    scene.receive('a', 1);
    scene.receive('b', 2);
    scene.consumer.holdStarts();
    let nothingRuns = false;
    const waiting = scene.consumer.whenNothingRuns().then(() => (nothingRuns = true));
    await promisesToSettle();
    expect(nothingRuns).toBe(false);
    scene.handler.call('a').succeed();
    await waiting;
    expect(scene.handler.ids).toEqual(['a']);
    scene.consumer.allowStarts();
    expect(scene.handler.ids).toEqual(['a', 'b']);
  });

  it('says when all is settled, waits for retries, and counts what is held as settled', async () => {
    const handler = new StubHandler();
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler], { attempts: 2 })] });
    scene.receive('a', 1);
    let settled = false;
    const waiting = scene.consumer.whenSettled().then(() => (settled = true));
    handler.call('a').fail();
    await pass(100);
    expect(settled).toBe(false);
    handler.call('a').fail();
    await waiting;
    expect(scene.consumer.snapshot().held).toBe(1);
    await scene.consumer.whenSettled();
  });

  it('leaves to the broker what would be tried again too late, and waits for what would not', async () => {
    const handler = new StubHandler();
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler], { attempts: 3 })] });
    for (const [index, id] of ['soon', 'later', 'fails'].entries()) scene.receive(id, index + 1);
    handler.call('soon').fail();
    handler.call('later').fail(new RetryMessage('later', { after: 600 }));
    await promisesToSettle();
    scene.consumer.tryWithin(500);
    expect(scene.eventsOf('held').map(({ message }) => message.packetId)).toEqual([2]);
    handler.call('fails').fail(new RetryMessage('later', { after: 600 }));
    await promisesToSettle();
    expect(scene.eventsOf('held').map(({ message }) => message.packetId)).toEqual([2, 3]);
    expect(scene.eventsOf('failed').at(-1)).toMatchObject({ attempt: 1, retryIn: undefined });
    await pass(100);
    handler.call('soon').succeed();
    await scene.consumer.whenSettled();
    await pass(1_000);
    expect(handler.ids).toEqual(['soon', 'later', 'fails', 'soon']);
    expect(scene.acknowledgements).toEqual(['puback 1']);
  });

  it('does not let a message overtake one of its key that would be tried again too late', async () => {
    const handler = new StubHandler();
    const orderBy = (): string => 'key';
    const scene = new ConsumerScene({ routes: [route('jobs/#', [handler], { attempts: 2, orderBy })] });
    scene.receive('a', 1);
    scene.receive('b', 2);
    handler.call('a').fail();
    await promisesToSettle();
    scene.consumer.tryWithin(50);
    await promisesToSettle();
    expect(handler.ids).toEqual(['a']);
    expect(scene.eventsOf('held')).toEqual([]);
    await pass(100);
    expect(handler.ids).toEqual(['a', 'a']);
  });

  it('does not wait for what was forgotten with its connection', async () => {
    const scene = new ConsumerScene({ concurrency: 1 });
    scene.receive('a', 1);
    scene.receive('b', 2);
    const waiting = scene.consumer.whenSettled();
    scene.handler.call('a').succeed();
    scene.consumer.holdStarts();
    await promisesToSettle();
    scene.consumer.detach();
    await waiting;
    expect(scene.handler.ids).toEqual(['a']);
  });

  it('aborts what runs, starts nothing more, and leaves no timer behind', async () => {
    const handler = new StubHandler();
    const scene = new ConsumerScene({ concurrency: 2, routes: [route('jobs/#', [handler], { attempts: 3 })] });
    scene.receive('backing off', 1);
    handler.call('backing off').fail();
    await promisesToSettle();
    scene.receive('a', 2);
    scene.receive('b', 3);
    scene.receive('waits', 4);
    const reason = new Error('closing');
    const { signal } = handler.call('a').attempt;
    scene.consumer.abort(reason);
    expect([signal.reason, handler.call('b').attempt.signal.reason]).toEqual([reason, reason]);
    handler.call('a').fail(reason);
    handler.call('b').succeed();
    await promisesToSettle();
    expect(jest.getTimerCount()).toBe(0);
    expect(handler.ids).toEqual(['backing off', 'a', 'b']);
    expect(scene.consumer.snapshot()).toMatchObject({ running: 0, handled: 1 });
  });
});
