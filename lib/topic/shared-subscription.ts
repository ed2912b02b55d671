import { InvalidTopicFilterError } from '../errors/invalid-topic-filter.error.js';
import { validateShareName } from './share-name.js';
import { lengthFault } from './utf8-string.js';

const PREFIX = '$share/';

export interface SharedSubscription {
  /** The Share Name. */
  readonly group: string;
  /** The text after `$share/<group>/`; for {@link parseTopicFilter} to judge. */
  readonly filter: string;
}

/**
 * `$share/<group>/<filter>` in its parts, or `undefined` for an ordinary Topic Filter.
 * `$share/g//t` has the filter `/t`, as on every broker.
 *
 * @throws InvalidShareNameError, and InvalidTopicFilterError where no filter follows the Share Name.
 */
export function parseSharedSubscription(
  text: string,
  { where }: { where?: string } = {},
): SharedSubscription | undefined {
  if (!text.startsWith(PREFIX)) {
    return undefined;
  }
  const slash = text.indexOf('/', PREFIX.length);
  const group = text.slice(PREFIX.length, slash === -1 ? undefined : slash);
  validateShareName(group, { where });
  const filter = slash === -1 ? '' : text.slice(slash + 1);
  if (filter === '') {
    throw new InvalidTopicFilterError({
      value: text,
      where,
      rule: 'no Topic Filter follows its Share Name [MQTT-4.8.2-2]',
      fix: 'Write $share/<group>/<filter>.',
    });
  }
  return { group, filter };
}

/**
 * The Topic Filter to subscribe to for a valid group and filter.
 *
 * @throws InvalidTopicFilterError when both together are too long, because the limit is on the whole [MQTT-4.7.3-3].
 */
export function formatSharedSubscription(group: string, filter: string, { where }: { where?: string } = {}): string {
  const text = `${PREFIX}${group}/${filter}`;
  const fault = lengthFault(text);
  if (fault) {
    throw new InvalidTopicFilterError({ value: text, where, ...fault });
  }
  return text;
}
