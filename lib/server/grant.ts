import { QoSDowngradedError } from '../errors/qos-downgraded.error.js';
import { SharedSubscriptionsUnavailableError } from '../errors/shared-subscriptions-unavailable.error.js';
import { SubscriptionRefusedError } from '../errors/subscription-refused.error.js';
import type { QoS, Wire } from '../session/wire.js';
import { methodsOf, type Subscription } from './subscription.js';

const FAILURE = 0x80;

/** Whether it is the broker's word on a subscription, and not that none came. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof SubscriptionRefusedError ||
    error instanceof QoSDowngradedError ||
    error instanceof SharedSubscriptionsUnavailableError
  );
}

/**
 * Subscribes, and makes sure that the broker has granted everything. Resolves with the QoS granted to each.
 *
 * @throws SharedSubscriptionsUnavailableError, SubscriptionRefusedError, QoSDowngradedError
 */
export async function subscribeAll(
  wire: Wire,
  subscriptions: readonly Subscription[],
  allowDowngrade: boolean,
): Promise<QoS[]> {
  const { address } = wire;
  const shared = subscriptions.find(({ group }) => group !== undefined);
  if (shared?.group !== undefined && !wire.limits.sharedSubscriptionAvailable) {
    throw new SharedSubscriptionsUnavailableError(address, shared.group);
  }
  const codes = await wire.subscribe(subscriptions.map(({ pattern, qos }) => ({ filter: pattern, qos })));
  return subscriptions.map((subscription, i) => {
    const granted = codes[i] ?? FAILURE;
    const { pattern, qos } = subscription;
    if (granted >= FAILURE) throw new SubscriptionRefusedError(address, pattern, methodsOf(subscription), granted);
    if (granted < qos && !allowDowngrade) {
      throw new QoSDowngradedError(address, pattern, methodsOf(subscription), qos, granted);
    }
    return granted as QoS;
  });
}
