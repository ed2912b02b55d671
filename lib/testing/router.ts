import type { Behaviour } from './behaviour.js';
import type { BrokerEvents } from './broker-events.js';
import { about, type Delivery, deliveryOf, type Message } from './message.js';
import type { Cause } from './shared-group.js';
import { RetainedStore } from './retained-store.js';
import type { Session } from './session.js';
import type { SubscriptionTree } from './subscription-tree.js';
import type { Subscription } from './subscription.js';

/** Brings messages to sessions. */
export class Router {
  readonly #retained = new RetainedStore();
  readonly #tree: SubscriptionTree;
  readonly #events: BrokerEvents;
  readonly #behaviour: Behaviour;

  constructor(tree: SubscriptionTree, events: BrokerEvents, behaviour: Behaviour) {
    this.#tree = tree;
    this.#behaviour = behaviour;
    this.#events = events;
  }

  /** One copy for every matching subscription, and one for every shared one. Returns whether there was any. */
  publish(message: Message): boolean {
    const { publisher, qos, retain } = message;
    this.#events.emit('publish', () => ({ ...about(message), publisher, qos, retain }));
    if (message.retain) this.#retained.store(message);
    let matched = false;
    for (const { plain, shares } of this.#tree.match(message.topic)) {
      for (const [session, subscription] of plain) {
        if (subscription.noLocal && session.clientId === message.publisher) continue;
        if (message.retain && !this.#bringsRetained(session, subscription)) continue;
        matched = true;
        session.deliverOnce(deliveryOf(message, subscription));
      }
      for (const { group } of shares.values()) matched = group.offer(message) || matched;
    }
    return matched;
  }

  #bringsRetained({ protocolVersion }: Session, { topicFilter }: Subscription): boolean {
    return !/[+#]/.test(topicFilter) || this.#behaviour.retainedReachesWildcardsOn.includes(protocolVersion);
  }

  /** Retained messages for a subscription that was just made; for a shared one only where the broker is known for it. */
  sendRetained(session: Session, subscription: Subscription): void {
    if (subscription.shareName !== undefined && !this.#behaviour.sendsRetainedToMembers) return;
    for (const message of this.#retained.matching(subscription.topicFilter)) {
      session.deliver(deliveryOf(message, subscription, { fromStore: true }));
    }
  }

  /** What a session has not finished of its shared subscriptions, or of one, goes to whom the group names. */
  handOver(session: Session, cause: Cause, filter?: string): void {
    session.surrender(
      (delivery) => (filter === undefined || delivery.share === filter) && this.#bequeath(delivery, cause),
    );
  }

  /** Where messages wait with the group: what its other members left unfinished and that stayed with them. */
  gather(session: Session): void {
    if (this.#behaviour.distribution.kind !== 'queue') return;
    for (const filter of session.subscriptions.keys()) {
      for (const member of this.#tree.share(filter)?.members.keys() ?? []) {
        if (!member.connected) this.handOver(member, 'offline', filter);
      }
    }
  }

  #bequeath({ message, share, group }: Delivery, cause: Cause): boolean {
    const inherited = share !== undefined && this.#tree.share(share)?.group.inherit(message, cause);
    if (inherited) group?.finished();
    return inherited ?? false;
  }
}
