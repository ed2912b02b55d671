import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Brokers, type SessionOptions } from '../../lib/session/brokers.js';
import type { Wire, WireClosed, WireListener, WireOptions } from '../../lib/session/wire.js';
import { FakeWire } from '../support/fake-wire.js';

const [A, B, C] = ['mqtt://me:secret@a', 'mqtt://b', 'mqtt://c'] as const;
const OPTIONS: SessionOptions = {
  protocolVersion: 5,
  clientId: 'w',
  clean: true,
  sessionExpiryInterval: 0,
  keepalive: 60,
  connectTimeout: 1_000,
};

/** Addresses that take no connection, and why. */
let dead: Map<string, Error>;
let tried: string[];
let listeners: WireListener[];
let whileOpening: () => void;
const closed: WireClosed[] = [];
const listener: WireListener = {
  publish: () => false,
  released: () => {},
  closed: (reason) => closed.push(reason),
};

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  dead = new Map();
  tried = [];
  listeners = [];
  whileOpening = () => {};
  closed.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

async function openWire({ url }: WireOptions, given: WireListener): Promise<Wire> {
  tried.push(url);
  whileOpening();
  const error = dead.get(url);
  if (error !== undefined) throw error;
  listeners.push(given);
  return new FakeWire();
}

async function open(brokers: Brokers, signal?: AbortSignal): Promise<Wire> {
  tried = [];
  return brokers.open(OPTIONS, listener, signal);
}

describe('Brokers', () => {
  it('tries the addresses in the order of the list until one takes the connection', async () => {
    const brokers = new Brokers([A, B, C], openWire);
    dead.set(A, new Error('a is down'));
    await open(brokers);
    expect(tried).toEqual([A, B]);
    expect(brokers.address).toBe('mqtt://b');
  });

  it('begins with the one that worked last, and goes on with those that follow it', async () => {
    const brokers = new Brokers([A, B, C], openWire);
    dead.set(A, new Error('a is down'));
    await open(brokers);
    dead.set(B, new Error('b is down')).set(C, new Error('c is down')).delete(A);
    await open(brokers);
    expect(tried).toEqual([B, C, A]);
    await open(brokers);
    expect(tried).toEqual([A]);
  });

  it('rejects when all have been tried, naming each and why, and no password', async () => {
    const brokers = new Brokers([A, B], openWire);
    dead.set(A, new Error('The broker at mqtt://a refused the password.')).set(B, new Error('Nobody at mqtt://b.'));
    const error = await open(brokers).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'NO_BROKER', errors: [dead.get(A), dead.get(B)] });
    expect(String(error)).toMatch(/client "w".*\n1\. The broker at mqtt:\/\/a refused.*\n2\. Nobody at mqtt:\/\/b\.$/);
    expect(String(error)).not.toContain('secret');
  });

  it('rejects with the very error of an address that is the only one', async () => {
    const refused = new Error('refused');
    dead.set(A, refused);
    await expect(open(new Brokers(A, openWire))).rejects.toBe(refused);
    await expect(open(new Brokers([A], openWire))).rejects.toBe(refused);
  });

  it('tries no further address when the opening is aborted', async () => {
    const opening = new AbortController();
    dead.set(A, new Error('aborted at a'));
    whileOpening = () => opening.abort();
    await expect(open(new Brokers([A, B], openWire), opening.signal)).rejects.toThrow('aborted at a');
    expect(tried).toEqual([A]);
  });

  it.each([
    ['soon ended by itself, with the next', 4_000, {}, B],
    ['lasted, with the same', 6_000, {}, A],
    ['was soon ended by DISCONNECT of ours, with the same', 4_000, { requested: true }, A],
  ])('begins after a connection that %s', async (_what, lived, reason, next) => {
    const brokers = new Brokers([A, B, C], openWire);
    await open(brokers);
    jest.advanceTimersByTime(lived);
    listeners[0]?.closed(reason);
    expect(closed).toEqual([reason]);
    await open(brokers);
    expect(tried).toEqual([next]);
  });

  it('stays with the address that works when an older connection elsewhere ends', async () => {
    const brokers = new Brokers([A, B, C], openWire);
    await open(brokers);
    dead.set(A, new Error('a is down'));
    await open(brokers);
    listeners[0]?.closed({});
    await open(brokers);
    expect(tried).toEqual([B]);
  });

  it('refuses an empty list, and a list with what is no address', () => {
    expect(() => new Brokers([])).toThrow(expect.objectContaining({ code: 'INVALID_URL' }));
    expect(() => new Brokers([B, 'b:1883'])).toThrow(expect.objectContaining({ code: 'INVALID_URL' }));
  });
});
