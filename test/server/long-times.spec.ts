import { describe, expect, it } from '@jest/globals';
import { RetryMessage, ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { Attempts } from '../../lib/failure/attempts.js';
import { redeliver } from '../../lib/failure/redeliver.js';
import { controllerFor } from '../support/controller-for.js';

/** Node would wait for a millisecond. */
const TOO_LONG = 2 ** 31;

describe('A time that is longer than a timer can wait', () => {
  it.each([
    { redeliverAfter: TOO_LONG },
    { drainTimeout: TOO_LONG },
    { connectTimeout: TOO_LONG },
    { timeout: TOO_LONG },
    { adoption: { after: TOO_LONG } },
  ])('is refused by the constructor: %j', (options) => {
    const [name] = Object.keys(options);
    expect(() => new ServerMQTTShared(options)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringMatching(new RegExp(`${name}.*2147483648 is no whole number from . to 2147483647`)),
      }),
    );
  });

  it('is refused for a method of its own, when the class is defined', () => {
    const pattern = SharedPattern('workers', 'jobs', { timeout: TOO_LONG });
    expect(() => controllerFor(pattern, () => {})).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option: 'timeout' }),
    );
  });

  it('before the attempt that RetryMessage asks for is the longest there is', () => {
    const attempts = new Attempts(3, { initial: 1, factor: 1, max: 1, jitter: 0 }, redeliver);
    expect(attempts.retryAfter(new RetryMessage('next year', { after: 10 * TOO_LONG }), 1)).toBe(TOO_LONG - 1);
  });
});
