import { inspect } from 'node:util';
import { LONGEST_TIMER, validateBackoff } from '../backoff.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { wholeNumber } from '../whole-number.js';
import { brokerAddresses } from './broker-address.js';
import { type ConnectionOptions, DEFAULT_URL } from './connection-options.js';

/** Keep Alive is a Two Byte Integer (section 3.1.2.10). */
const LONGEST_KEEP_ALIVE = 65_535;

/** @throws InvalidOptionError, InvalidUrlError */
export function validateConnectionOptions(options: ConnectionOptions): void {
  const { url = DEFAULT_URL, protocolVersion = 5, keepalive, connectTimeout, reconnect } = options;
  brokerAddresses(url);
  if (protocolVersion !== 4 && protocolVersion !== 5) {
    throw new InvalidOptionError('protocolVersion', `it is ${inspect(protocolVersion)}`, 'Use 5 (5.0) or 4 (3.1.1).');
  }
  wholeNumber('keepalive', keepalive, 0, LONGEST_KEEP_ALIVE);
  wholeNumber('connectTimeout', connectTimeout, 1, LONGEST_TIMER);
  // Without a wait a broker that is gone would be asked without pause.
  validateBackoff('reconnect', reconnect, 1);
}
