import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { wholeNumber } from '../whole-number.js';
import type { Subscription } from './subscription.js';

/** Connections of each group, or of the groups that are named. */
export type ConnectionsOption = number | Readonly<Record<string, number>>;

/** @throws InvalidOptionError */
export function validateConnections(connections: ConnectionsOption | undefined): void {
  if (typeof connections !== 'object' || connections === null) wholeNumber('connections', connections, 1);
  else for (const [group, n] of Object.entries(connections)) wholeNumber(`connections.${group}`, n, 1);
}

/**
 * A group whose name is mistyped would have one connection and not say why. Which groups there are is known only when
 * the methods are.
 *
 * @throws InvalidOptionError
 */
export function refuseUnknownGroups(
  connections: ConnectionsOption | undefined,
  subscriptions: readonly Subscription[],
): void {
  // That nothing is registered is said at start, and more to the point.
  if (typeof connections !== 'object' || subscriptions.length === 0) return;
  const groups = new Set(subscriptions.flatMap(({ group }) => group ?? []));
  const unknown = Object.keys(connections).find((group) => !groups.has(group));
  if (unknown === undefined) return;
  const known = groups.size === 0 ? 'none at all' : [...groups].map((group) => `"${group}"`).join(', ');
  const rule = `no method is in a group "${unknown}"; there is ${known}`;
  throw new InvalidOptionError('connections', rule, 'Name groups as in @SharedPattern, or as the option `group` does.');
}
