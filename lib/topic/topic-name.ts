import { InvalidTopicNameError } from '../errors/invalid-topic-name.error.js';
import type { Fault } from '../errors/invalid-value.js';
import { characterFault, lengthFault } from './utf8-string.js';

/** @throws InvalidTopicNameError when a message cannot be published to this Topic Name. */
export function validateTopicName(topic: string, { where }: { where?: string } = {}): void {
  const fault = characterFault(topic) ?? lengthFault(topic) ?? wildcardFault(topic);
  if (fault) {
    throw new InvalidTopicNameError({ value: topic, where, ...fault });
  }
}

function wildcardFault(topic: string): Fault | undefined {
  if (!/[+#]/.test(topic)) {
    return undefined;
  }
  return {
    rule: 'it contains a wildcard, "+" or "#" [MQTT-3.3.2-2]',
    fix: 'Publish to one topic; wildcards belong to subscriptions.',
  };
}
