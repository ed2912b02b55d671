import type { ProtocolVersion } from '../../lib/session/wire.js';

export const VERSIONS: readonly { readonly protocolVersion: ProtocolVersion; readonly mqtt: string }[] = [
  { protocolVersion: 5, mqtt: '5.0' },
  { protocolVersion: 4, mqtt: '3.1.1' },
];
