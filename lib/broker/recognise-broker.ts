import { EMBEDDED_MARK } from './embedded-mark.js';
import type { KnownBroker } from './known-brokers.js';

/** Properties of a CONNACK by the names of mqtt-packet. */
interface Connack {
  readonly receiveMaximum?: unknown;
  readonly topicAliasMaximum?: unknown;
  readonly maximumPacketSize?: unknown;
  readonly wildcardSubscriptionAvailable?: unknown;
  readonly subscriptionIdentifiersAvailable?: unknown;
  readonly sharedSubscriptionAvailable?: unknown;
  readonly userProperties?: unknown;
}

/**
 * Which broker announces itself like that; MQTT has no field for its name. Each has values of its own for what an
 * administrator seldom changes; where they were changed it is not recognised, and has to be named.
 */
export function recogniseBroker(announced: Connack): KnownBroker | undefined {
  const { receiveMaximum, topicAliasMaximum, maximumPacketSize, sharedSubscriptionAvailable } = announced;
  if (sharedSubscriptionAvailable !== undefined) return isNanoMQ(announced) ? 'nanomq' : undefined;
  if (topicAliasMaximum === 10 && receiveMaximum !== undefined) return 'mosquitto';
  if (topicAliasMaximum === 5 && receiveMaximum === 10) return 'hivemq';
  if (topicAliasMaximum === 65_535 && receiveMaximum === undefined && maximumPacketSize === 268_435_455) {
    return 'artemis';
  }
  return undefined;
}

/** Whether it is the embedded broker, in the shape that imitates no other. */
export function isEmbedded({ userProperties }: Connack): boolean {
  const said = userProperties as { readonly server?: unknown } | undefined;
  return said?.server === EMBEDDED_MARK.server;
}

/**
 * It says of everything that it is available, which is what silence means; EMQX does so, too, and has Topic Aliases.
 * NanoMQ announces 0 of them, older versions say nothing of them.
 */
function isNanoMQ(announced: Connack): boolean {
  return (
    announced.sharedSubscriptionAvailable === true &&
    announced.subscriptionIdentifiersAvailable === true &&
    announced.wildcardSubscriptionAvailable === true &&
    (announced.topicAliasMaximum ?? 0) === 0
  );
}
