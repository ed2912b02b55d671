import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Link, type LinkOwner } from '../../lib/session/link.js';
import type { Wire, WireClosed, WireListener } from '../../lib/session/wire.js';
import { FakeWire } from '../support/fake-wire.js';
import { promisesToSettle } from '../delivery/routes.js';

const BACKOFF = { initial: 100, factor: 2, max: 1_000, jitter: 0 };

/** A wire whose DISCONNECT takes effect when the test says so. */
class LinkWire extends FakeWire {
  constructor(override readonly listener: WireListener) {
    super();
  }

  /** Ends at once, unless the test holds it back. */
  endsOnDisconnect = true;
  endsOnDestroy = true;
  disconnectOptions: unknown;

  override disconnect(options?: unknown): Promise<void> {
    this.log.push('disconnect');
    this.disconnectOptions = options;
    const closed = new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.endsOnDisconnect) this.end();
    return closed;
  }

  override destroy(): void {
    if (this.endsOnDestroy) super.destroy();
  }

  private readonly waiting: (() => void)[] = [];

  override end(error?: Error): void {
    super.end(error);
    for (const resolve of this.waiting) resolve();
  }

  override resume(): void {
    this.log.push('resume');
  }
}

/** One attempt to open a connection. */
interface Opening {
  readonly wire: LinkWire;
  succeed(): void;
  fail(error: Error): void;
}

class Owner implements LinkOwner {
  readonly log: string[] = [];
  /** What {@link connected} waits for. */
  setUp: () => Promise<void> = () => Promise.resolve();
  onDisconnected: () => void = () => {};

  opened(): void {
    this.log.push('opened');
  }

  async connected(): Promise<void> {
    this.log.push('setting up');
    await this.setUp();
    this.log.push('usable');
  }

  disconnected({ error }: WireClosed): void {
    this.log.push(`disconnected: ${error?.message}`);
    this.onDisconnected();
  }
}

let openings: Opening[];
let owner: Owner;
let link: Link;

function opening(number: number): Opening {
  const found = openings[number - 1];
  if (found === undefined) throw new Error(`There were only ${openings.length} attempts to connect.`);
  return found;
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'performance'] });
  openings = [];
  owner = new Owner();
  const open = (listener: WireListener): Promise<Wire> =>
    new Promise((resolve, reject) => {
      const wire = new LinkWire(listener);
      openings.push({ wire, succeed: () => resolve(wire), fail: reject });
    });
  link = new Link(open, owner, BACKOFF);
});

afterEach(() => {
  jest.useRealTimers();
});

async function started(): Promise<LinkWire> {
  const start = link.start();
  opening(1).succeed();
  await start;
  return opening(1).wire;
}

/** Lets time pass, and what follows from it happen. */
async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  await promisesToSettle();
}

describe('Link', () => {
  it('is started when its owner has made the first connection usable', async () => {
    let finish = (): void => {};
    owner.setUp = () => new Promise((resolve) => (finish = resolve));
    let isStarted = false;
    const start = link.start().then(() => (isStarted = true));
    opening(1).succeed();
    await promisesToSettle();
    expect([isStarted, link.wire, owner.log]).toEqual([false, undefined, ['opened', 'setting up']]);
    expect(opening(1).wire.log).toEqual(['resume']);
    finish();
    await start;
    expect(link.wire).toBe(opening(1).wire);
  });

  it('rejects when the first connection does not come about, and does not try again', async () => {
    const start = link.start();
    const refused = new Error('refused');
    opening(1).fail(refused);
    await expect(start).rejects.toBe(refused);
    await pass(100_000);
    expect(openings).toHaveLength(1);
    expect(owner.log).toEqual([]);
  });

  it('rejects when the owner cannot make the first connection usable, ends it, and does not try again', async () => {
    const refused = new Error('filter refused');
    owner.setUp = () => Promise.reject(refused);
    const start = link.start();
    opening(1).succeed();
    await expect(start).rejects.toBe(refused);
    await pass(100_000);
    expect(opening(1).wire.open).toBe(false);
    expect(openings).toHaveLength(1);
    expect(link.wire).toBeUndefined();
  });

  it('rejects with what ended the first connection when it dies while it is set up', async () => {
    let fail: (error: Error) => void = () => {};
    owner.setUp = () => new Promise((_, reject) => (fail = reject));
    const start = link.start();
    opening(1).succeed();
    await promisesToSettle();
    opening(1).wire.end(new Error('session taken over'));
    fail(new Error('no SUBACK'));
    await expect(start).rejects.toThrow('session taken over');
    await pass(100_000);
    expect(openings).toHaveLength(1);
  });

  it('waits longer from failure to failure, up to the maximum', async () => {
    const wire = await started();
    wire.end(new Error('cut'));
    for (const [index, wait] of [100, 200, 400, 800, 1_000, 1_000].entries()) {
      await pass(wait - 1);
      expect([wait, openings.length]).toEqual([wait, index + 1]);
      await pass(1);
      expect([wait, openings.length]).toEqual([wait, index + 2]);
      opening(index + 2).fail(new Error(`failure ${index + 1}`));
      await promisesToSettle();
    }
    expect(owner.log.slice(3)).toEqual([
      'disconnected: cut',
      ...[1, 2, 3, 4, 5, 6].map((number) => `disconnected: failure ${number}`),
    ]);
  });

  it('begins with the shortest wait again after a connection that lasted', async () => {
    (await started()).end();
    await pass(100);
    opening(2).fail(new Error('down'));
    await pass(200);
    opening(3).succeed();
    await pass(5_001);
    opening(3).wire.end();
    await pass(99);
    expect(openings).toHaveLength(3);
    await pass(1);
    expect(openings).toHaveLength(4);
  });

  it('goes on waiting longer when each connection dies soon after it was made', async () => {
    (await started()).end();
    await pass(100);
    opening(2).succeed();
    await pass(1_000);
    opening(2).wire.end();
    await pass(199);
    expect(openings).toHaveLength(2);
    await pass(1);
    expect(openings).toHaveLength(3);
  });

  it('goes on waiting longer when connections come about that cannot be made usable', async () => {
    const wire = await started();
    await pass(60_000);
    wire.end();
    owner.setUp = () => Promise.reject(new Error('filter refused'));
    for (const [index, wait] of [100, 200, 400].entries()) {
      await pass(wait - 1);
      expect([wait, openings.length]).toEqual([wait, index + 1]);
      await pass(1);
      opening(index + 2).succeed();
      await promisesToSettle();
    }
    expect(owner.log.filter((line) => line === 'disconnected: filter refused')).toHaveLength(3);
  });

  it('recycles without a wait, and without counting it as a failure', async () => {
    const wire = await started();
    await link.recycle();
    expect(wire.log).toEqual(['resume', 'disconnect']);
    await pass(0);
    expect(openings).toHaveLength(2);
    opening(2).succeed();
    await promisesToSettle();
    expect(link.wire).toBe(opening(2).wire);
    opening(2).wire.end();
    await pass(99);
    expect(openings).toHaveLength(2);
    await pass(1);
    expect(openings).toHaveLength(3);
  });

  it('waits after a recycled connection that could not be replaced', async () => {
    await started();
    await link.recycle();
    await pass(0);
    opening(2).fail(new Error('down'));
    await pass(99);
    expect(openings).toHaveLength(2);
    await pass(1);
    expect(openings).toHaveLength(3);
  });

  it('does not recycle what is not there', async () => {
    (await started()).end();
    await link.recycle();
    await pass(99);
    expect(openings).toHaveLength(1);
    await pass(1);
    expect(openings).toHaveLength(2);
  });

  it('opens one connection, not two, after one that died while it was set up', async () => {
    (await started()).end();
    let fail: (error: Error) => void = () => {};
    owner.setUp = () => new Promise((_, reject) => (fail = reject));
    await pass(100);
    opening(2).succeed();
    await promisesToSettle();
    opening(2).wire.end(new Error('died'));
    fail(new Error('no SUBACK'));
    await pass(199);
    expect(openings).toHaveLength(2);
    await pass(1);
    expect(openings).toHaveLength(3);
    await pass(100_000);
    expect(openings).toHaveLength(3);
    expect(owner.log.filter((line) => line.startsWith('disconnected'))).toEqual([
      'disconnected: cut',
      'disconnected: died',
    ]);
  });

  it('tells why when a later connection cannot be made usable, and tries again', async () => {
    (await started()).end();
    owner.setUp = () => Promise.reject(new Error('filter refused'));
    await pass(100);
    opening(2).succeed();
    await promisesToSettle();
    expect(opening(2).wire.open).toBe(false);
    expect(owner.log.at(-1)).toBe('disconnected: filter refused');
    owner.setUp = () => Promise.resolve();
    await pass(200);
    opening(3).succeed();
    await promisesToSettle();
    expect(link.wire).toBe(opening(3).wire);
  });

  it('is not misled by a connection that ended before it was handed over', async () => {
    (await started()).end();
    await pass(100);
    opening(2).succeed();
    opening(2).wire.end(new Error('too soon'));
    await promisesToSettle();
    expect(link.wire).toBeUndefined();
    await pass(200);
    expect(openings).toHaveLength(3);
    opening(3).succeed();
    await promisesToSettle();
    expect(link.wire).toBe(opening(3).wire);
  });

  it('rejects when the first connection ended before it was handed over', async () => {
    const start = link.start();
    opening(1).succeed();
    opening(1).wire.end(new Error('not authorized'));
    await expect(start).rejects.toThrow('not authorized');
  });

  it('opens nothing beside a connection that could not be made usable before that has ended', async () => {
    (await started()).end();
    let fail: (error: Error) => void = () => {};
    owner.setUp = () => new Promise((_, reject) => (fail = reject));
    await pass(100);
    opening(2).succeed();
    await promisesToSettle();
    opening(2).wire.endsOnDestroy = false;
    const reached = link.reach();
    fail(new Error('filter refused'));
    await promisesToSettle();
    expect(openings).toHaveLength(2);
    owner.setUp = () => Promise.resolve();
    opening(2).wire.end();
    expect(owner.log.at(-1)).toBe('disconnected: filter refused');
    await promisesToSettle();
    opening(3).succeed();
    expect(await reached).toBe(opening(3).wire);
  });

  it('is reached without a wait, by one more attempt', async () => {
    (await started()).end();
    const reached = link.reach();
    await promisesToSettle();
    opening(2).succeed();
    expect(await reached).toBe(opening(2).wire);
    await pass(100_000);
    expect(openings).toHaveLength(2);
  });

  it('hands on what arrives, and reads on where nobody wants it', async () => {
    const wire = await started();
    expect(wire.listener.publish({} as never)).toBe(true);
    wire.listener.released(1);
  });

  describe('when it is stopped', () => {
    it('disconnects, passes the options on, and opens no further connection', async () => {
      const wire = await started();
      await link.stop({ sessionExpiryInterval: 0 });
      expect(wire.log).toEqual(['resume', 'disconnect']);
      expect(wire.disconnectOptions).toEqual({ sessionExpiryInterval: 0 });
      await pass(100_000);
      expect(openings).toHaveLength(1);
      expect(owner.log).not.toContainEqual(expect.stringMatching(/^disconnected/));
      expect(jest.getTimerCount()).toBe(0);
    });

    it('while it waits for the next try, tries no more', async () => {
      (await started()).end();
      await link.stop();
      await pass(100_000);
      expect(openings).toHaveLength(1);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('while a connection is being opened, ends that connection and makes no use of it', async () => {
      (await started()).end();
      await pass(100);
      owner.log.length = 0;
      await link.stop();
      opening(2).succeed();
      await pass(100_000);
      expect(opening(2).wire.open).toBe(false);
      expect([owner.log, openings.length, link.wire]).toEqual([[], 2, undefined]);
    });

    it('while the first connection is being opened, rejects the start and ends that connection', async () => {
      const start = link.start();
      await link.stop();
      opening(1).succeed();
      await expect(start).rejects.toThrow('stopped');
      expect([opening(1).wire.open, owner.log, openings.length]).toEqual([false, [], 1]);
    });

    it('while the attempt to connect is about to fail, does not try again', async () => {
      (await started()).end();
      await pass(100);
      await link.stop();
      opening(2).fail(new Error('down'));
      await pass(100_000);
      expect(openings).toHaveLength(2);
    });

    it('while the first connection is set up, stays stopped even if that still succeeds', async () => {
      let finish = (): void => {};
      owner.setUp = () => new Promise((resolve) => (finish = resolve));
      const start = link.start();
      opening(1).succeed();
      await promisesToSettle();
      opening(1).wire.endsOnDisconnect = false;
      const stopped = link.stop();
      finish();
      await expect(start).rejects.toThrow('stopped');
      opening(1).wire.end();
      await stopped;
      await pass(100_000);
      expect([openings.length, link.wire]).toEqual([1, undefined]);
    });

    it('while a later connection is set up, stays stopped even if that still succeeds', async () => {
      (await started()).end();
      let finish = (): void => {};
      owner.setUp = () => new Promise((resolve) => (finish = resolve));
      await pass(100);
      opening(2).succeed();
      await promisesToSettle();
      opening(2).wire.endsOnDisconnect = false;
      const stopped = link.stop();
      finish();
      await promisesToSettle();
      expect(link.wire).toBeUndefined();
      opening(2).wire.end();
      await stopped;
      await pass(100_000);
      expect(openings).toHaveLength(2);
    });

    it('by its owner who hears that the connection was lost, opens no further connection', async () => {
      const wire = await started();
      owner.onDisconnected = () => void link.stop();
      wire.end();
      await pass(100_000);
      expect(openings).toHaveLength(1);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('in the middle of a recycle, opens no further connection', async () => {
      const wire = await started();
      wire.endsOnDisconnect = false;
      const recycled = link.recycle();
      const stopped = link.stop();
      wire.end();
      await Promise.all([recycled, stopped]);
      await pass(100_000);
      expect(openings).toHaveLength(1);
    });
  });
});
