import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from '../support/fast-check.js';
import { ConsumerWorld, KINDS, type WorldOptions } from './consumer-world.js';

type Step = (world: ConsumerWorld) => void;

/** A step whose effect a counterexample can name. */
function step(name: string, run: Step): Step & { toString(): string } {
  return Object.assign(run, { toString: () => name, [fc.toStringMethod]: () => name });
}

const index = fc.nat({ max: 9 });
const qos = fc.constantFrom<0 | 1 | 2>(0, 1, 1, 2, 2);

const publish = fc
  .tuple(fc.constantFrom(...KINDS), qos, fc.nat({ max: 1 }))
  .map(([kind, level, key]) => step(`publish(${kind}, ${level}, ${key})`, (world) => world.publish(kind, level, key)));
const finish = fc
  .tuple(index, fc.boolean())
  .map(([which, ok]) => step(`finish(${which}, ${ok})`, (world) => world.finish(which, ok)));
const acknowledge = index.map((which) => step(`acknowledge(${which})`, (world) => world.acknowledge(which, 0)));
const reject = fc
  .tuple(index, fc.constantFrom(0x83, 0x97))
  .map(([which, code]) => step(`reject(${which}, ${code})`, (world) => world.acknowledge(which, code)));
const brokerReads = fc.constant(step('broker.read()', ({ broker }) => broker.read()));
const endFailed = fc
  .tuple(index, fc.boolean())
  .map(([which, ok]) => step(`endFailed(${which}, ${ok})`, (world) => world.endFailed(which, ok)));
const passTime = fc.constant(step('passTime()', (world) => world.passTime()));
const tryNoMore = fc.constant(step('tryNoMore()', (world) => world.tryNoMore()));
const lose = fc.constant(step('loseConnection()', (world) => world.loseConnection()));
const reconnect = fc
  .constantFrom(true, true, true, false)
  .map((present) => step(`reconnect(${present})`, (world) => world.reconnect(present)));
const holdStarts = fc.boolean().map((hold) => step(`holdStarts(${hold})`, (world) => world.holdStarts(hold)));
const resend = index.map((which) =>
  step(`resendWhileConnected(${which})`, (world) => world.resendWhileConnected(which)),
);

const usual = [
  { arbitrary: publish, weight: 10 },
  { arbitrary: finish, weight: 7 },
  { arbitrary: acknowledge, weight: 2 },
  { arbitrary: brokerReads, weight: 6 },
  { arbitrary: endFailed, weight: 1 },
  { arbitrary: passTime, weight: 2 },
  { arbitrary: lose, weight: 2 },
  { arbitrary: reconnect, weight: 3 },
  { arbitrary: holdStarts, weight: 1 },
];
const lawful = fc.array(fc.oneof(...usual, { arbitrary: reject, weight: 1 }, { arbitrary: tryNoMore, weight: 1 }), {
  maxLength: 80,
  size: 'max',
});
// Without rejections: when a resend crosses one of a QoS 2 message, the two sides differ on whether PUBREL will follow.
const withLiveResends = fc.array(fc.oneof(...usual, { arbitrary: resend, weight: 4 }), { maxLength: 80, size: 'max' });

const options: fc.Arbitrary<WorldOptions> = fc.record({
  ackOrder: fc.constantFrom('arrival', 'completion'),
  concurrency: fc.integer({ min: 1, max: 4 }),
  receiveMaximum: fc.integer({ min: 1, max: 6 }),
  reasonCodes: fc.boolean(),
});

async function play(world: ConsumerWorld, steps: readonly Step[]): Promise<void> {
  for (const run of steps) {
    run(world);
    await world.settle();
    expect(world.breaches).toEqual([]);
  }
}

/** Nothing is left behind in the books of a consumer that has come to rest, whatever it went through. */
async function expectRest(world: ConsumerWorld, { concurrency, receiveMaximum }: WorldOptions): Promise<void> {
  await world.quiesce();
  // Held messages are the only ones left, and they come again on the next connection.
  world.loseConnection();
  await world.quiesce();
  expect(world.breaches).toEqual([]);
  expect([...world.broker.inFlight.values()]).toEqual([]);
  expect(world.lanes.size).toBe(0);
  const { running, waiting, unsettled } = world.consumer.snapshot();
  expect({ running, waiting, unsettled }).toEqual({ running: 0, waiting: 0, unsettled: 0 });
  await world.consumer.whenNothingRuns();
  await world.consumer.whenSettled();
  // The full capacity is there: no place was lost on the way.
  world.loseConnection();
  world.reconnect(false);
  world.publish('narrow', 0, 0);
  for (let i = 0; i < concurrency; i++) world.publish('jobs', 0, 0);
  await world.settle();
  expect(world.consumer.snapshot().running).toBe(Math.min(concurrency, receiveMaximum + 1));
  await world.quiesce();
  expect(world.breaches).toEqual([]);
}

describe('Consumer, whatever happens to it', () => {
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'],
    });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['keeps its promises towards a broker that keeps to the specification', lawful],
    ['keeps its promises towards a broker that resends on a live connection', withLiveResends],
  ])('%s', async (_, stepsOf) => {
    await fc.assert(
      fc.asyncProperty(options, stepsOf, async (worldOptions, steps) => {
        jest.clearAllTimers();
        const world = new ConsumerWorld(worldOptions);
        await play(world, steps);
        await expectRest(world, worldOptions);
      }),
      { numRuns: 300 },
    );
  });
});
