import { InvalidShareNameError } from '../errors/invalid-share-name.error.js';
import type { Fault } from '../errors/invalid-value.js';
import { characterFault, lengthFault } from './utf8-string.js';

/** @throws InvalidShareNameError when a group cannot be a Share Name, MQTT 5.0 section 4.8.2. */
export function validateShareName(group: string, { where }: { where?: string } = {}): void {
  const fault = emptyFault(group) ?? characterFault(group) ?? reservedFault(group) ?? lengthFault(group);
  if (fault) {
    throw new InvalidShareNameError({ value: group, where, ...fault });
  }
}

function emptyFault(group: string): Fault | undefined {
  return group === '' ? { rule: 'it has no character [MQTT-4.8.2-1]', fix: 'Give the group a name.' } : undefined;
}

function reservedFault(group: string): Fault | undefined {
  const reserved = /[/+#]/.exec(group)?.[0];
  if (reserved === undefined) {
    return undefined;
  }
  return { rule: `it contains "${reserved}" [MQTT-4.8.2-2]`, fix: 'Use a group without "/", "+" and "#".' };
}
