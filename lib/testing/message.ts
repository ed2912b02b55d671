import type { MessageProperties, ProtocolVersion, PublishPacket, QoS } from './packets.js';
import type { Subscription } from './subscription.js';

/** An Application Message as the broker keeps it. */
export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties | undefined;
  /** Milliseconds of the clock at which the Message Expiry Interval has passed; `undefined` for never. */
  readonly expiresAt: number | undefined;
  /** Client id of the publisher, `undefined` for the broker itself. */
  readonly publisher: string | undefined;
}

/** One message for one subscription. */
export interface Delivery {
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly subscriptionIdentifier: number | undefined;
  /** The shared subscription (`$share/…`) that it came through, where it came through one. */
  readonly share: string | undefined;
  /** Wants to know when the client has acknowledged it, or never will. */
  readonly group: { finished(): void } | undefined;
}

export function createMessage(
  packet: Pick<PublishPacket, 'topic' | 'payload' | 'qos' | 'retain' | 'properties'>,
  publisher: string | undefined,
): Message {
  const expiry = packet.properties?.messageExpiryInterval;
  return {
    topic: packet.topic,
    payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
    qos: packet.qos,
    retain: packet.retain,
    properties: packet.properties,
    expiresAt: expiry === undefined ? undefined : Date.now() + expiry * 1000,
    publisher,
  };
}

/** What events tell of a message. */
export function about({ topic, payload, properties }: Message): Pick<Message, 'topic' | 'payload' | 'properties'> {
  return { topic, payload, properties };
}

export function hasExpired(message: Message): boolean {
  return message.expiresAt !== undefined && message.expiresAt <= Date.now();
}

/** The message under the terms of a subscription: the lower QoS of the two, the RETAIN flag as [MQTT-3.3.1-12] wants it. */
export function deliveryOf(
  message: Message,
  subscription: Subscription,
  { fromStore = false, group }: { fromStore?: boolean; group?: Delivery['group'] } = {},
): Delivery {
  return {
    message,
    qos: Math.min(message.qos, subscription.qos) as QoS,
    retain: fromStore || (subscription.retainAsPublished && message.retain),
    subscriptionIdentifier: subscription.identifier,
    share: group && subscription.filter,
    group,
  };
}

export function publishPacket(
  delivery: Delivery,
  packetId: number,
  dup: boolean,
  protocolVersion: ProtocolVersion,
): PublishPacket {
  const { message } = delivery;
  return {
    cmd: 'publish',
    topic: message.topic,
    payload: message.payload,
    qos: delivery.qos,
    retain: delivery.retain,
    dup,
    messageId: packetId,
    properties: protocolVersion === 5 ? propertiesOf(delivery) : undefined,
  };
}

function propertiesOf({ message, subscriptionIdentifier }: Delivery): MessageProperties | undefined {
  if (message.expiresAt === undefined && subscriptionIdentifier === undefined) return message.properties;
  const properties: MessageProperties = { ...message.properties };
  if (subscriptionIdentifier !== undefined) properties.subscriptionIdentifier = subscriptionIdentifier;
  if (message.expiresAt !== undefined) {
    // [MQTT-3.3.2-6]: less the time that it waited here
    properties.messageExpiryInterval = Math.max(0, Math.ceil((message.expiresAt - Date.now()) / 1000));
  }
  return properties;
}
