import { describe, expect, it } from '@jest/globals';
import { InvalidUrlError } from '../../lib/errors/invalid-url.error.js';
import { brokerAddress } from '../../lib/session/broker-address.js';
import { describeReasonCode } from '../../lib/session/reason-code.js';

describe('brokerAddress', () => {
  it.each([
    ['mqtt://localhost:1883', 'mqtt://localhost:1883'],
    ['mqtts://user:secret@broker.example:8883/?token=secret', 'mqtts://broker.example:8883'],
    ['ws://user:secret@[::1]:9001/mqtt#secret', 'ws://[::1]:9001'],
    ['tcp://broker', 'tcp://broker'],
  ])('shows %s as %s', (url, shown) => {
    expect(brokerAddress(url)).toBe(shown);
  });

  it.each(['localhost:1883', 'http://localhost', 'mqtt', '', 'user:secret@broker'])(
    'refuses %p without showing it',
    (url) => {
      expect(() => brokerAddress(url)).toThrow(InvalidUrlError);
      expect(() => brokerAddress(url)).not.toThrow(/secret@/);
    },
  );

  it.each([
    'mqtt://user:12/secret@broker',
    'mqtt://user:se#secret@broker',
    'mqtt://user:se?secret@broker',
    'mqtt://user:s@secret/x@broker',
    'wss://user:12/secret@broker/mqtt',
    'mqtt://user:secret%zz@broker',
  ])('says of %p how to write what stands in it, and shows none of it', (url) => {
    const refused = (): string => brokerAddress(url);
    expect(refused).toThrow(InvalidUrlError);
    expect(refused).toThrow(/user name and password percent-encoded, or give these as `username` and `password`/);
    expect(refused).not.toThrow(/secret|user:|:12/);
  });

  it('takes a user name and a password that are percent-encoded', () => {
    expect(brokerAddress('mqtt://us%40er:a%2Fb%25c%23@broker:1883')).toBe('mqtt://broker:1883');
  });

  it.each(['localhost:1883', 'user:secret@broker'])(
    'does not take what is before the colon of %p for a protocol',
    (url) => {
      expect(() => brokerAddress(url)).toThrow(/does not begin with a protocol.*Write it like mqtt:\/\/localhost:1883/);
    },
  );
});

describe('describeReasonCode', () => {
  it.each([
    [0x87, '0x87 (Not authorized)'],
    [5, '0x05 (not authorized)'],
    [0xee, '0xee'],
  ])('shows %i as %s', (code, shown) => {
    expect(describeReasonCode(code)).toBe(shown);
  });
});
