import { describe, expect, it } from '@jest/globals';
import { ClientMQTTShared, type ConnectionOptions, ServerMQTTShared } from 'nestjs-mqtt-shared';
import { backoffWith } from '../../lib/backoff.js';
import { DEFAULT_RECONNECT } from '../../lib/session/link.js';

const SIDES = [
  ['server', (options: ConnectionOptions) => new ServerMQTTShared(options)],
  ['client', (options: ConnectionOptions) => new ClientMQTTShared(options)],
] as const;

describe.each(SIDES)('The constructor of the %s', (_side, construct) => {
  it.each<[string, ConnectionOptions, RegExp]>([
    ['protocolVersion', { protocolVersion: 3 as 4 }, /it is 3\. Use 5/],
    ['keepAlive', { keepAlive: 60 } as never, /none of this name\. Did you mean `keepalive`\?$/],
    ['reconnect.inital', { reconnect: { inital: 1 } as never }, /Did you mean `reconnect\.initial`\?$/],
    ['keepalive', { keepalive: -1 }, /-1 is no whole number from 0 to 65535/],
    ['keepalive', { keepalive: 65_536 }, /65536 is no whole number/],
    ['keepalive', { keepalive: 1.5 }, /1\.5 is no whole number/],
    ['keepalive', { keepalive: '60' as never }, /'60' is no whole number/],
    ['connectTimeout', { connectTimeout: 0 }, /0 is no whole number from 1 to 2147483647/],
    ['connectTimeout', { connectTimeout: 2 ** 31 }, /2147483648 is no whole number/],
    ['connectTimeout', { connectTimeout: Number.NaN }, /NaN is no whole number/],
    ['reconnect.initial', { reconnect: { initial: 0 } }, /0 is no number from 1 on/],
    ['reconnect.initial', { reconnect: { initial: Number.NaN } }, /NaN is no number/],
    ['reconnect.factor', { reconnect: { factor: 0.5 } }, /0\.5 is no number from 1 on/],
    ['reconnect.max', { reconnect: { max: 0 } }, /0 is no number from 1 on/],
    ['reconnect.max', { reconnect: { max: '30s' as never } }, /'30s' is no number/],
    ['reconnect.jitter', { reconnect: { jitter: 1.5 } }, /1\.5 is no number from 0 to 1/],
    ['reconnect.jitter', { reconnect: { jitter: -0.1 } }, /-0\.1 is no number from 0 to 1/],
  ])('refuses an impossible %s: %j', (option, options, rule) => {
    expect(() => construct(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option, message: expect.stringMatching(rule) }),
    );
  });

  it.each<ConnectionOptions>([
    { keepalive: 0 },
    { keepalive: 65_535, connectTimeout: 1 },
    { connectTimeout: 2 ** 31 - 1 },
    { reconnect: { initial: 1, factor: 1, max: Infinity, jitter: 0 } },
    { reconnect: { initial: undefined, jitter: 1 } },
  ])('takes what is at the edge: %j', (options) => {
    expect(() => construct(options)).not.toThrow();
  });
});

describe('A wait between connections', () => {
  it('has its default where it is given as undefined', () => {
    expect(backoffWith(DEFAULT_RECONNECT, { initial: undefined, max: 5 })).toEqual({ ...DEFAULT_RECONNECT, max: 5 });
  });
});
