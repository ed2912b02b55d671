/** The broker's address as it may be shown: user name, password and query left out. */
export function brokerAddress(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return 'an address that is no URL';
  }
}
