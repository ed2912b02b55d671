import { describe, expect, it } from '@jest/globals';
import { Link } from '../../lib/session/link.js';
import type { Wire, WireListener } from '../../lib/session/wire.js';
import { promisesToSettle } from '../delivery/routes.js';
import { FakeWire } from '../support/fake-wire.js';

const BACKOFF = { initial: 1, factor: 1, max: 1, jitter: 0 };
/** More than there are steps between an answer of the network and a link that is up. */
const MOMENTS = Array.from({ length: 16 }, (_, moment) => moment);

/** Ends, as a connection does, some time after it was told to. */
class SlowWire extends FakeWire {
  override destroy(): void {
    void this.disconnect();
  }

  override async disconnect(): Promise<void> {
    await promisesToSettle();
    this.end();
  }
}

/** Opens connections at once, and keeps the signals that would end an opening. */
class Network {
  readonly wires: SlowWire[] = [];
  readonly signals: AbortSignal[] = [];
  silent = false;

  readonly open = (listener: WireListener, signal: AbortSignal): Promise<Wire> => {
    this.signals.push(signal);
    if (this.silent) {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    }
    const wire = new SlowWire();
    wire.listener = listener;
    this.wires.push(wire);
    return Promise.resolve(wire);
  };
}

const owner = { connected: () => Promise.resolve(), disconnected: () => {} };

describe('A link that is stopped', () => {
  it.each(MOMENTS)('%i steps after it was started ends as stopped, and opens nothing more', async (moment) => {
    const network = new Network();
    const link = new Link(network.open, owner, BACKOFF);
    const started = link.start().then(
      () => 'started',
      () => 'rejected',
    );
    for (let step = 0; step < moment; step++) await Promise.resolve();
    await link.stop();
    await promisesToSettle();
    expect(['started', 'rejected']).toContain(await started);
    expect([link.wire, network.wires.map(({ open }) => open)]).toEqual([undefined, network.wires.map(() => false)]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(network.signals.length).toBe(1);
  });

  it('while the first connection is being opened ends the opening, and the start says that it was stopped', async () => {
    const network = new Network();
    network.silent = true;
    const link = new Link(network.open, owner, BACKOFF);
    const started = link.start();
    await link.stop();
    await expect(started).rejects.toThrow('stopped');
    expect(network.signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('while a later connection is being opened ends the opening', async () => {
    const network = new Network();
    const link = new Link(network.open, owner, BACKOFF);
    await link.start();
    network.silent = true;
    network.wires[0]!.end();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(network.signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    await link.stop();
    expect(network.signals.at(-1)?.aborted).toBe(true);
  });
});

describe('A link whose owner waits for an answer that never comes', () => {
  const waiting = { connected: () => new Promise<void>(() => {}), disconnected: () => {} };

  it('says at once that its first connection ended', async () => {
    const network = new Network();
    const link = new Link(network.open, waiting, BACKOFF);
    const started = link.start();
    await promisesToSettle();
    network.wires[0]!.end(new Error('cut'));
    await expect(started).rejects.toThrow('cut');
  });

  it('has one connection at a time, and the last is usable', async () => {
    const network = new Network();
    let connections = 0;
    const answers = { connected: () => (++connections === 2 ? new Promise<void>(() => {}) : Promise.resolve()) };
    const link = new Link(network.open, { ...waiting, ...answers }, BACKOFF);
    await link.start();
    network.wires[0]!.end();
    await new Promise((resolve) => setTimeout(resolve, 10));
    network.wires[1]!.end();
    expect(await link.reach()).toBe(network.wires[2]);
    expect(network.wires.map(({ open }) => open)).toEqual([false, false, true]);
  });

  it('is reached on the next connection when the present one is ended because it cannot be made usable', async () => {
    const network = new Network();
    let connections = 0;
    let refuse = (_: Error): void => {};
    const connected = (): Promise<void> =>
      ++connections === 2 ? new Promise((_, reject) => (refuse = reject)) : Promise.resolve();
    const link = new Link(network.open, { ...waiting, connected }, BACKOFF);
    await link.start();
    network.wires[0]!.end();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const reached = link.reach();
    refuse(new Error('refused'));
    expect(await reached).toBe(network.wires[2]);
    expect(network.wires.map(({ open }) => open)).toEqual([false, false, true]);
  });
});
