import type { BrokerEvents } from './broker-events.js';
import { about, type Delivery, deliveryOf, type Message } from './message.js';
import { RetainedStore } from './retained-store.js';
import type { Session } from './session.js';
import type { SubscriptionTree } from './subscription-tree.js';
import type { Subscription } from './subscription.js';

/** Brings messages to sessions. */
export class Router {
  readonly #retained = new RetainedStore();
  readonly #tree: SubscriptionTree;
  readonly #events: BrokerEvents;

  constructor(tree: SubscriptionTree, events: BrokerEvents) {
    this.#tree = tree;
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
        matched = true;
        session.deliver(deliveryOf(message, subscription));
      }
      for (const { group, members } of shares.values()) {
        const session = group.choose();
        const subscription = session && members.get(session);
        if (!subscription) continue;
        matched = true;
        session.deliver(deliveryOf(message, subscription));
      }
    }
    return matched;
  }

  /** Retained messages for a subscription that was just made; never for a shared one (section 4.8.2). */
  sendRetained(session: Session, subscription: Subscription): void {
    if (subscription.shareName !== undefined) return;
    for (const message of this.#retained.matching(subscription.topicFilter)) {
      session.deliver(deliveryOf(message, subscription, true));
    }
  }

  /** What a session has not finished of its shared subscriptions goes to whom the group names. */
  handOver(session: Session, cause: 'offline' | 'ended'): void {
    session.surrender((delivery) => this.#bequeath(delivery, cause));
  }

  #bequeath({ message, share: filter }: Delivery, cause: 'offline' | 'ended'): boolean {
    const share = filter === undefined ? undefined : this.#tree.share(filter);
    const heir = share?.group.heir(cause);
    const subscription = heir && share?.members.get(heir);
    if (!subscription) return false;
    heir.inherit(deliveryOf(message, subscription));
    return true;
  }
}
