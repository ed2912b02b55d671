import { parseSharedSubscription, type SharedSubscription } from '../topic/shared-subscription.js';
import { parseTopicFilter } from '../topic/topic-filter.js';
import { validateTopicName } from '../topic/topic-name.js';
import type { BrokerEvents } from './broker-events.js';
import { NO_RECEIVE_MAXIMUM, type ResolvedBrokerOptions } from './broker-options.js';
import type { Connection } from './connection.js';
import type { Faults } from './faults.js';
import { createMessage } from './message.js';
import type { Packet, PublishPacket, QoS, SubscribePacket, UnsubscribePacket } from './packets.js';
import { ProtocolViolation, ReasonCode } from './reason-code.js';
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

  #publish(packet: PublishPacket, session: Session, connection: Connection): void {
    this.#admit(packet);
    if (packet.qos === 0) {
      this.router.publish(createMessage(packet, session.clientId));
      return;
    }
    const messageId = idOf(packet);
    if (connection.protocolVersion === 5 && this.options.receiveMaximum < NO_RECEIVE_MAXIMUM) {
      connection.publishReceived(messageId, this.options.receiveMaximum);
    }
    const cmd = packet.qos === 1 ? 'puback' : 'pubrec';
    let reasonCode: number = ReasonCode.success;
    // a QoS 2 message is published once, however often its PUBLISH comes [MQTT-4.3.3-10]
    if (packet.qos === 1 || !session.received.has(messageId)) {
      if (packet.qos === 2) session.received.add(messageId);
      const matched = this.router.publish(createMessage(packet, session.clientId));
      if (!matched) reasonCode = ReasonCode.noMatchingSubscribers;
    }
    connection.send({ cmd, messageId, reasonCode });
  }

  /** @throws ProtocolViolation when the broker does not take such a message. */
  #admit(packet: PublishPacket): void {
    const { maximumQoS, retainAvailable } = this.options;
    if (packet.properties?.topicAlias !== undefined) {
      throw new ProtocolViolation(ReasonCode.topicAliasInvalid, 'no Topic Alias Maximum was announced');
    }
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
    let shared: SharedSubscription | undefined;
    try {
      shared = parseSharedSubscription(filter);
      parseTopicFilter(shared?.filter ?? filter, { namedLevels: false });
    } catch {
      return ReasonCode.topicFilterInvalid;
    }
    if (shared && !this.options.sharedSubscriptions) return ReasonCode.sharedSubscriptionsNotSupported;
    if (shared && nl) {
      throw new ProtocolViolation(ReasonCode.protocolError, 'No Local on a shared subscription [MQTT-3.8.3-4]');
    }
    const reasonCode = this.faults.reasonCodeFor(filter, session.clientId, asked);
    if (reasonCode >= ReasonCode.unspecifiedError) return reasonCode;
    const qos = Math.min(reasonCode, this.options.maximumQoS) as QoS;
    const isNew = !session.subscriptions.has(filter);
    const subscription: Subscription = {
      filter,
      topicFilter: shared?.filter ?? filter,
      shareName: shared?.group,
      qos,
      noLocal: nl,
      retainAsPublished: rap,
      retainHandling: rh,
      identifier,
    };
    this.tree.add(session, subscription);
    made.push({ subscription, isNew });
    return qos;
  }

  #unsubscribe(packet: UnsubscribePacket, session: Session, connection: Connection): void {
    const messageId = idOf(packet);
    if (packet.unsubscriptions.length === 0) throw new ProtocolViolation(ReasonCode.protocolError, 'no Topic Filter');
    const granted = packet.unsubscriptions.map((filter) => {
      const existed = this.tree.remove(session, filter);
      const reasonCode = existed ? ReasonCode.success : ReasonCode.noSubscriptionExisted;
      this.events.emit('unsubscribe', () => ({ clientId: session.clientId, filter, reasonCode }));
      return reasonCode;
    });
    connection.send({ cmd: 'unsuback', messageId, granted });
  }
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
