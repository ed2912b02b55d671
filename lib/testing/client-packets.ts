import { validateTopicName } from '../topic/topic-name.js';
import type { BrokerEvents } from './broker-events.js';
import { NO_RECEIVE_MAXIMUM, type ResolvedBrokerOptions } from './broker-options.js';
import type { Connection } from './connection.js';
import type { Faults } from './faults.js';
import { createMessage } from './message.js';
import type { Packet, PublishPacket, QoS, SubscribePacket, UnsubscribePacket } from './packets.js';
import { ProtocolViolation, ReasonCode } from './reason-code.js';
import { parseRequestedFilter, type RequestedFilter } from './requested-filter.js';
import type { Router } from './router.js';
import type { Session } from './session.js';
import type { SubscriptionTree } from './subscription-tree.js';
import type { RequestedSubscription, Subscription } from './subscription.js';

/** What a connected client says, other than CONNECT, and what is answered. */
export class ClientPackets {
  constructor(
    readonly options: ResolvedBrokerOptions,
    readonly tree: SubscriptionTree,
    readonly router: Router,
    readonly faults: Faults,
    readonly events: BrokerEvents,
  ) {}

  /** @throws ProtocolViolation */
  received(packet: Packet, session: Session, connection: Connection): void {
    switch (packet.cmd) {
      case 'publish':
        return this.#publish(packet, session, connection);
      case 'puback':
        return session.acknowledge(idOf(packet), 1, packet.reasonCode ?? 0);
      case 'pubrec':
        return session.acknowledge(idOf(packet), 2, packet.reasonCode ?? 0);
      case 'pubrel':
        return release(idOf(packet), session, connection);
      case 'pubcomp':
        return session.complete(idOf(packet));
      case 'subscribe':
        return this.#subscribe(packet, session, connection);
      case 'unsubscribe':
        return this.#unsubscribe(packet, session, connection);
      case 'pingreq':
        return connection.send({ cmd: 'pingresp' });
      default:
        throw new ProtocolViolation(ReasonCode.protocolError, `unexpected ${packet.cmd}`);
    }
  }

  #publish(received: PublishPacket, session: Session, connection: Connection): void {
    const packet = this.#withTopic(received, connection);
    this.#admit(packet);
    if (packet.qos === 0) {
      this.router.publish(createMessage(packet, session.clientId));
      return;
    }
    const messageId = idOf(packet);
    const { receiveMaximum, behaviour } = this.options;
    const limited = connection.protocolVersion === 5 && receiveMaximum < NO_RECEIVE_MAXIMUM;
    if (limited && behaviour.publishExcess === 'disconnects') connection.publishReceived(messageId, receiveMaximum);
    const cmd = packet.qos === 1 ? 'puback' : 'pubrec';
    let reasonCode: number = ReasonCode.success;
    if (packet.qos === 2 && behaviour.publishExcess === 'refuses QoS 2' && isFull(session, messageId, receiveMaximum)) {
      connection.send({ cmd, messageId, reasonCode: ReasonCode.quotaExceeded }); // 3.1.1 has no room for the code
      return;
    }
    // a QoS 2 message is published once, however often its PUBLISH comes [MQTT-4.3.3-10]
    if (packet.qos === 1 || !session.received.has(messageId)) {
      if (packet.qos === 2) session.received.add(messageId);
      const matched = this.router.publish(createMessage(packet, session.clientId));
      if (!matched) reasonCode = ReasonCode.noMatchingSubscribers;
    }
    connection.send({ cmd, messageId, reasonCode });
  }

  /** The packet with the Topic Name that its Topic Alias stands for. @throws ProtocolViolation */
  #withTopic(packet: PublishPacket, { topicAliases }: Connection): PublishPacket {
    const { topicAlias, ...properties } = packet.properties ?? {};
    if (topicAlias === undefined) return packet;
    const { topicAliasMaximum = 0 } = this.options.behaviour.announces;
    const topic = packet.topic || topicAliases.get(topicAlias);
    if (topicAlias < 1 || topicAlias > topicAliasMaximum || topic === undefined) {
      throw new ProtocolViolation(ReasonCode.topicAliasInvalid, `Topic Alias ${topicAlias}`);
    }
    topicAliases.set(topicAlias, topic);
    return { ...packet, topic, properties };
  }

  /** @throws ProtocolViolation when the broker does not take such a message. */
  #admit(packet: PublishPacket): void {
    const { maximumQoS, retainAvailable } = this.options;
    if (packet.properties?.subscriptionIdentifier !== undefined) {
      throw new ProtocolViolation(ReasonCode.protocolError, 'Subscription Identifier from a client [MQTT-3.3.4-6]');
    }
    if (packet.qos > maximumQoS) throw new ProtocolViolation(ReasonCode.qosNotSupported, `QoS ${packet.qos}`);
    if (packet.retain && !retainAvailable) throw new ProtocolViolation(ReasonCode.retainNotSupported, packet.topic);
    try {
      validateTopicName(packet.topic);
    } catch (error) {
      throw new ProtocolViolation(ReasonCode.topicNameInvalid, String(error));
    }
  }

  #subscribe(packet: SubscribePacket, session: Session, connection: Connection): void {
    const messageId = idOf(packet);
    if (packet.subscriptions.length === 0) throw new ProtocolViolation(ReasonCode.protocolError, 'no Topic Filter');
    const identifier = packet.properties?.subscriptionIdentifier;
    if (identifier !== undefined && !(identifier > 0)) {
      throw new ProtocolViolation(ReasonCode.protocolError, 'Subscription Identifier 0'); // section 3.8.2.1.2
    }
    const made: { subscription: Subscription; isNew: boolean }[] = [];
    const granted = packet.subscriptions.map((requested) => {
      const reasonCode = this.#grant(requested, identifier, session, made);
      const { topic: filter, qos } = requested;
      this.events.emit('subscribe', () => ({ clientId: session.clientId, filter, qos, reasonCode }));
      return connection.protocolVersion === 4 ? Math.min(reasonCode, ReasonCode.unspecifiedError) : reasonCode;
    });
    connection.send({ cmd: 'suback', messageId, granted });
    for (const { subscription, isNew } of made) {
      if (subscription.retainHandling === 0 || (subscription.retainHandling === 1 && isNew)) {
        this.router.sendRetained(session, subscription);
      }
    }
  }

  /** Adds the subscription unless something speaks against it; returns the Reason Code for SUBACK. */
  #grant(
    { topic: filter, qos: asked, nl = false, rap = false, rh = 0 }: RequestedSubscription,
    identifier: number | undefined,
    session: Session,
    made: { subscription: Subscription; isNew: boolean }[],
  ): number {
    const { behaviour, maximumQoS, sharedSubscriptions } = this.options;
    let requested: RequestedFilter;
    try {
      requested = parseRequestedFilter(filter, behaviour.acceptedFaults);
    } catch {
      const { answer, reasonCode } = behaviour.malformedFilter;
      if (answer === 'SUBACK') return reasonCode;
      throw new ProtocolViolation(reasonCode, `malformed filter ${filter}`);
    }
    const shared = requested.shareName !== undefined;
    if (shared && !sharedSubscriptions) return ReasonCode.sharedSubscriptionsNotSupported;
    if (shared && nl && !behaviour.acceptsNoLocalOnShared) {
      throw new ProtocolViolation(ReasonCode.protocolError, 'No Local on a shared subscription [MQTT-3.8.3-4]');
    }
    const reasonCode = this.faults.reasonCodeFor(filter, session.clientId, asked);
    if (reasonCode >= ReasonCode.unspecifiedError) return reasonCode;
    const qos = Math.min(reasonCode, maximumQoS, shared ? behaviour.maximumSharedQoS : 2) as QoS;
    const isNew = !session.subscriptions.has(filter);
    const subscription: Subscription = {
      filter,
      ...requested,
      qos,
      noLocal: nl && !shared,
      retainAsPublished: rap,
      retainHandling: rh,
      identifier: shared && !behaviour.identifiesSharedDeliveries ? undefined : identifier,
    };
    this.tree.add(session, subscription);
    if (shared && !isNew && behaviour.resubscribeRedelivers) this.router.handOver(session, 'unsubscribed', filter);
    made.push({ subscription, isNew });
    return qos;
  }

  #unsubscribe(packet: UnsubscribePacket, session: Session, connection: Connection): void {
    const messageId = idOf(packet);
    if (packet.unsubscriptions.length === 0) throw new ProtocolViolation(ReasonCode.protocolError, 'no Topic Filter');
    const granted = packet.unsubscriptions.map((filter) => {
      const existed = this.tree.remove(session, filter);
      if (existed && this.options.behaviour.unsubscribeRedelivers) {
        this.router.handOver(session, 'unsubscribed', filter);
      }
      const reasonCode = existed ? ReasonCode.success : ReasonCode.noSubscriptionExisted;
      this.events.emit('unsubscribe', () => ({ clientId: session.clientId, filter, reasonCode }));
      return reasonCode;
    });
    connection.send({ cmd: 'unsuback', messageId, granted });
  }
}

/** Whether one more message of QoS 2 is one too many. */
function isFull({ received }: Session, messageId: number, receiveMaximum: number): boolean {
  return received.size >= receiveMaximum && !received.has(messageId);
}

function release(messageId: number, session: Session, connection: Connection): void {
  const known = session.received.delete(messageId);
  const reasonCode = known ? ReasonCode.success : ReasonCode.packetIdentifierNotFound;
  connection.send({ cmd: 'pubcomp', messageId, reasonCode });
}

/** [MQTT-2.2.1-3]: it is there and is not 0. */
function idOf({ cmd, messageId }: Packet): number {
  if (!messageId || messageId < 0) throw new ProtocolViolation(ReasonCode.protocolError, `${cmd} without identifier`);
  return messageId;
}
