import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { finishBacklog } from '../../lib/adoption/finish-session.js';
import { ConsumerScene } from '../delivery/consumer-scene.js';
import { promisesToSettle } from '../delivery/routes.js';
import { FakeWire } from '../support/fake-wire.js';

const PAUSE = 20_000;

describe('The backlog of a session whose broker sends one message after another', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  async function pass(milliseconds: number): Promise<void> {
    await jest.advanceTimersByTimeAsync(milliseconds);
    await promisesToSettle();
  }

  it('is finished when nothing has come for the time that the next may take', async () => {
    const scene = new ConsumerScene();
    const said: string[] = [];
    const finished = finishBacklog(new FakeWire(), scene.consumer, Promise.resolve(), PAUSE).then(() => {
      said.push('finished');
    });
    for (const [number, id] of ['a', 'b'].entries()) {
      await pass(PAUSE - 2_000);
      scene.receive(id, number + 1);
      await promisesToSettle();
      scene.handler.call(id).succeed();
      said.push(id);
    }
    await pass(PAUSE - 2_000);
    said.push('nothing for long');
    await pass(4_000);
    await finished;
    expect(said).toEqual(['a', 'b', 'nothing for long', 'finished']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves nothing behind that waits for a full window', async () => {
    const scene = new ConsumerScene();
    const stuck = jest.spyOn(scene.consumer, 'whenStuck');
    await finishBacklog(new FakeWire(), scene.consumer, Promise.resolve(), 0);
    scene.receive('a', 1);
    scene.handler.call('a').succeed();
    const waiting: unknown = stuck.mock.results[0]?.value;
    await expect(Promise.race([waiting, promisesToSettle().then(() => 'still waits')])).resolves.toBeUndefined();
  });
});
