import { InvalidUrlError } from '../errors/invalid-url.error.js';

const ENCODE =
  'write /, ?, #, @ and % in its user name and password percent-encoded, or give these as `username` and `password`';
const PROTOCOLS = new Set(['mqtt:', 'mqtts:', 'tcp:', 'ssl:', 'tls:', 'ws:', 'wss:']);

/**
 * The broker's address as it may be shown: user name, password and query left out.
 *
 * @throws InvalidUrlError when it is no URL, or one that mqtt.js would silently take for another protocol.
 */
export function brokerAddress(url: string): string {
  // `new URL('localhost:1883')` is one of protocol `localhost:`, `user:secret@host` one of protocol `user:`.
  if (!url.includes('://')) throw new InvalidUrlError('it does not begin with a protocol and "://"');
  const parsed = parse(url);
  if (!PROTOCOLS.has(parsed.protocol)) {
    throw new InvalidUrlError(`its protocol is "${parsed.protocol}", not one of ${[...PROTOCOLS].join(' ')}`);
  }
  refuseUnencodedSecrets(parsed);
  return `${parsed.protocol}//${parsed.host}`;
}

/** What begins a path, a query or a fragment ends the password, and what is left of that stands in the host. */
function refuseUnencodedSecrets({ username, password, pathname, search, hash }: URL): void {
  if (`${pathname}${search}${hash}`.includes('@'))
    throw new InvalidUrlError(`an "@" stands behind its host; ${ENCODE}`);
  try {
    decodeURIComponent(`${username} ${password}`);
  } catch {
    throw new InvalidUrlError(`what follows a "%" in it is no code; ${ENCODE}`);
  }
}

/** {@link brokerAddress} of each. @throws InvalidUrlError for none at all, too */
export function brokerAddresses(urls: string | readonly string[]): string[] {
  const list = [urls].flat();
  if (list.length === 0) throw new InvalidUrlError('the list is empty');
  return list.map(brokerAddress);
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new InvalidUrlError(url.includes('@') ? `it is no URL; ${ENCODE}` : 'it is no URL');
  }
}
