import { InvalidUrlError } from '../errors/invalid-url.error.js';

const PROTOCOLS = new Set(['mqtt:', 'mqtts:', 'tcp:', 'ssl:', 'tls:', 'ws:', 'wss:']);

/**
 * The broker's address as it may be shown: user name, password and query left out.
 *
 * @throws InvalidUrlError when it is no URL, or one that mqtt.js would silently take for another protocol.
 */
export function brokerAddress(url: string): string {
  const parsed = parse(url);
  if (!PROTOCOLS.has(parsed.protocol)) {
    throw new InvalidUrlError(`its protocol is "${parsed.protocol}", not one of ${[...PROTOCOLS].join(' ')}`);
  }
  return `${parsed.protocol}//${parsed.host}`;
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new InvalidUrlError('it is no URL');
  }
}
