import type { ProtocolVersion } from '../session/wire.js';

export function versionName(version: ProtocolVersion): string {
  return version === 5 ? '5.0' : '3.1.1';
}
