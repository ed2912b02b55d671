import { describe, expect, it } from '@jest/globals';
import { type FailureEnd, HOLD } from '../../lib/failure/failure-policy.js';
import { ConsumerScene } from './consumer-scene.js';
import { promisesToSettle, route } from './routes.js';
import { StubHandler } from './stub-handler.js';
import { fakeTimeForEachTest, pass } from './fake-time.js';

fakeTimeForEachTest();

describe('A resend', () => {
  it('on the same connection joins what runs, what waits, what is done and what is held', async () => {
    const scene = new ConsumerScene({ concurrency: 2 });
    for (const [index, id] of ['held', 'runs', 'done', 'waits'].entries()) {
      scene.receive(id, index + 1);
      if (id === 'held') scene.handler.call(id).fail();
      if (id === 'done') scene.handler.call(id).succeed();
      await promisesToSettle();
    }
    scene.receive('also runs', 5);
    await promisesToSettle();
    for (const [index, id] of ['held', 'runs', 'done', 'waits'].entries()) scene.receive(id, index + 1, { dup: true });
    scene.handler.call('runs').succeed();
    await promisesToSettle();
    scene.handler.call('waits').succeed();
    await promisesToSettle();
    expect(scene.handler.ids).toEqual(['held', 'runs', 'done', 'waits', 'also runs']);
    expect(scene.acknowledgements).toEqual(['puback 2', 'puback 3', 'puback 4']);
    expect(scene.eventsOf('joined').map(({ message }) => message.packetId)).toEqual([1, 2, 3, 4]);
    expect(scene.consumer.snapshot()).toMatchObject({ received: 5, resent: 4, held: 1 });
  });

  it('in a resumed session joins what runs, is acknowledged in the new order, and does not run what is done', async () => {
    const scene = new ConsumerScene();
    scene.receive('runs', 1);
    scene.receive('done', 2);
    scene.handler.call('done').succeed();
    await promisesToSettle();
    scene.reconnect();
    scene.receive('done', 2, { dup: true });
    scene.receive('runs', 1, { dup: true });
    expect(scene.acknowledgements).toEqual(['puback 2']);
    scene.handler.call('runs').succeed();
    await promisesToSettle();
    expect(scene.handler.ids).toEqual(['runs', 'done']);
    expect(scene.acknowledgements).toEqual(['puback 2', 'puback 1']);
  });

  it.each([
    ['without DUP', { dup: false }, true],
    ['of another topic', { dup: true, topic: 'jobs/other' }, true],
    ['in a session that the server has forgotten', { dup: true }, false],
  ])('%s after a reconnect is a message of its own', async (_, packet, sessionPresent) => {
    const scene = new ConsumerScene();
    scene.receive('a', 1);
    scene.reconnect({ sessionPresent });
    scene.receive('a', 1, packet);
    expect(scene.handler.ids).toEqual(['a', 'a']);
    scene.handler.calls[0]?.succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual([]);
    scene.handler.calls[1]?.succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1']);
  });

  it('of what had not begun when the connection was lost runs once', async () => {
    const scene = new ConsumerScene({ concurrency: 1 });
    scene.receive('runs', 1);
    scene.receive('waits', 2);
    scene.reconnect();
    scene.receive('runs', 1, { dup: true });
    scene.receive('waits', 2, { dup: true });
    scene.handler.call('runs').succeed();
    await promisesToSettle();
    expect(scene.handler.ids).toEqual(['runs', 'waits']);
    scene.handler.call('waits').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['puback 1', 'puback 2']);
  });

  it('of what was held runs again with the attempts that it is entitled to, counted on', async () => {
    const settled: number[] = [];
    const end: FailureEnd = {
      settle: ({ attempts }) => {
        settled.push(attempts);
        return HOLD;
      },
    };
    const handler = new StubHandler();
    const scene = new ConsumerScene({ concurrency: 1, routes: [route('jobs/#', [handler], { attempts: 2, end })] });
    const failTwice = async (): Promise<void> => {
      handler.call('a').fail();
      await pass(100);
      handler.call('a').fail();
      await promisesToSettle();
    };
    scene.receive('a', 1);
    await failTwice();
    // It comes again, and the connection is lost once more before its turn.
    scene.reconnect();
    scene.receive('before', 2);
    scene.receive('a', 1, { dup: true });
    scene.reconnect();
    handler.call('before').succeed();
    await promisesToSettle();
    scene.receive('a', 1, { dup: true });
    await failTwice();
    scene.reconnect();
    scene.receive('a', 1, { dup: true });
    handler.call('a').succeed();
    await promisesToSettle();
    const attempts = handler.calls.filter(({ id }) => id === 'a').map(({ attempt }) => attempt.number);
    expect(attempts).toEqual([1, 2, 3, 4, 5]);
    expect(scene.eventsOf('failed').map(({ attempt, retryIn }) => [attempt, retryIn])).toEqual([
      [1, 100],
      [2, undefined],
      [3, 100],
      [4, undefined],
    ]);
    expect(settled).toEqual([2, 4]);
    expect(scene.acknowledgements).toEqual(['puback 1']);
  });

  it('of what failed while there was no connection runs again, counted on', async () => {
    const scene = new ConsumerScene();
    scene.receive('a', 1);
    scene.consumer.detach();
    scene.handler.call('a').fail();
    await promisesToSettle();
    scene.consumer.attach(true);
    scene.receive('a', 1, { dup: true });
    expect(scene.handler.calls.map(({ attempt }) => attempt.number)).toEqual([1, 2]);
  });

  it.each([
    ['comes without DUP', { dup: false }, true],
    ['is another message', { dup: true, topic: 'jobs/other' }, true],
    ['comes in a session that the server has forgotten', { dup: true }, false],
  ])('of what was held is counted from 1 when it %s', async (_, packet, sessionPresent) => {
    const scene = new ConsumerScene();
    scene.receive('a', 1);
    scene.handler.call('a').fail();
    await promisesToSettle();
    scene.reconnect({ sessionPresent });
    scene.receive('a', 1, packet);
    expect(scene.handler.calls.map(({ attempt }) => attempt.number)).toEqual([1, 1]);
  });

  it('of what was held is told like any other', async () => {
    const scene = new ConsumerScene();
    scene.receive('a', 1);
    scene.handler.call('a').fail();
    await promisesToSettle();
    scene.reconnect();
    scene.receive('a', 1, { dup: true });
    scene.handler.call('a').succeed();
    await promisesToSettle();
    expect(scene.handler.ids).toEqual(['a', 'a']);
    expect(scene.acknowledgements).toEqual(['puback 1']);
    expect(scene.eventsOf('received').map(({ redelivered }) => redelivered)).toEqual([false, true]);
  });

  it('at QoS 2 between PUBREC and PUBREL is acknowledged without running [MQTT-4.3.3-10]', async () => {
    const scene = new ConsumerScene();
    scene.receive('a', 1, { qos: 2 });
    scene.handler.call('a').succeed();
    await promisesToSettle();
    scene.reconnect();
    scene.receive('a', 1, { qos: 2, dup: true });
    expect(scene.acknowledgements).toEqual(['pubrec 1', 'pubrec 1']);
    expect(scene.handler.ids).toEqual(['a']);
    scene.consumer.released(1);
    scene.receive('b', 1, { qos: 2 });
    expect(scene.handler.ids).toEqual(['a', 'b']);
  });

  it('at QoS 2 of what was rejected on 3.1.1, whose PUBREC says nothing of it, does not run again', async () => {
    const scene = new ConsumerScene({ reasonCodes: false });
    scene.receive('a', 1, { qos: 2 });
    scene.handler.call('a').attempt.reject(0x97);
    scene.handler.call('a').succeed();
    await promisesToSettle();
    expect(scene.eventsOf('acknowledged')).toMatchObject([{ reasonCode: 0 }]);
    scene.reconnect();
    scene.receive('a', 1, { qos: 2, dup: true });
    expect(scene.acknowledgements).toEqual(['pubrec 1', 'pubrec 1']);
    expect(scene.handler.ids).toEqual(['a']);
    expect(scene.consumer.snapshot()).toMatchObject({ handled: 0, failed: 1 });
  });

  it('at QoS 2 is not acknowledged any more once PUBREL has come', async () => {
    const scene = new ConsumerScene();
    scene.receive('done', 1, { qos: 2 });
    scene.handler.call('done').succeed();
    await promisesToSettle();
    scene.receive('stuck', 2);
    scene.receive('done', 1, { qos: 2, dup: true });
    scene.receive('done', 1, { qos: 2, dup: true });
    scene.consumer.released(1);
    scene.handler.call('stuck').succeed();
    await promisesToSettle();
    expect(scene.acknowledgements).toEqual(['pubrec 1', 'puback 2']);
    expect(scene.consumer.snapshot().unsettled).toBe(0);
  });

  it('at QoS 2 runs again when the server has forgotten the session', async () => {
    const scene = new ConsumerScene();
    scene.receive('a', 1, { qos: 2 });
    scene.handler.call('a').succeed();
    await promisesToSettle();
    scene.reconnect({ sessionPresent: false });
    scene.receive('a', 1, { qos: 2 });
    expect(scene.handler.ids).toEqual(['a', 'a']);
  });
});
