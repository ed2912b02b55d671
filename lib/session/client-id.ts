import { randomBytes } from 'node:crypto';

/** A stem for Client Identifiers that no other instance has. */
export function randomClientId(): string {
  return `nestjs-mqtt-shared-${randomBytes(6).toString('hex')}`;
}
