import type { ServerLimits } from '../../lib/session/wire.js';

/** What a server without limits comes to: that of 3.1.1, and of 5.0 where CONNACK announces nothing. */
export const NO_LIMITS: ServerLimits = {
  receiveMaximum: 65_535,
  maximumQoS: 2,
  maximumPacketSize: undefined,
  topicAliasMaximum: 0,
  sessionExpiryInterval: undefined,
  retainAvailable: true,
  sharedSubscriptionAvailable: true,
  wildcardSubscriptionAvailable: true,
};
