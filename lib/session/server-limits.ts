import type { QoS, ServerLimits } from './wire.js';

const UNLIMITED_RECEIVE_MAXIMUM = 65_535;

/** CONNACK properties as mqtt-packet names them. */
interface ConnackProperties {
  receiveMaximum?: number;
  maximumQoS?: number;
  maximumPacketSize?: number;
  topicAliasMaximum?: number;
  sessionExpiryInterval?: number;
  retainAvailable?: boolean;
  sharedSubscriptionAvailable?: boolean;
  wildcardSubscriptionAvailable?: boolean;
}

/** An absent property means no limit (MQTT 5.0 section 3.2.2.3), and 3.1.1 announces none at all. */
export function serverLimits(properties: ConnackProperties = {}): ServerLimits {
  return {
    receiveMaximum: properties.receiveMaximum ?? UNLIMITED_RECEIVE_MAXIMUM,
    maximumQoS: (properties.maximumQoS ?? 2) as QoS,
    maximumPacketSize: properties.maximumPacketSize,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    sessionExpiryInterval: properties.sessionExpiryInterval,
    retainAvailable: properties.retainAvailable ?? true,
    sharedSubscriptionAvailable: properties.sharedSubscriptionAvailable ?? true,
    wildcardSubscriptionAvailable: properties.wildcardSubscriptionAvailable ?? true,
  };
}
