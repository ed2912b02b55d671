import type { Behaviour } from './behaviour.js';
import type { BrokerEvents } from './broker-events.js';
import { about, deliveryOf, type Message } from './message.js';
import type { Session } from './session.js';
import { type Outlet, RoundRobinGroup, type SharedGroup } from './shared-group.js';
import { SharedQueue } from './shared-queue.js';
import type { Subscription } from './subscription.js';

/** What the broker's options say about sessions and groups. */
export interface Terms {
  readonly behaviour: Behaviour;
  readonly maxQueuedMessages: number;
}

/** One shared subscription: who is in it, under which terms, and where its messages go. */
export class Share {
  readonly members = new Map<Session, Subscription>();
  readonly group: SharedGroup<Session, Message>;

  constructor(
    readonly filter: string,
    terms: Terms,
    events: BrokerEvents,
  ) {
    this.group = createGroup(terms, {
      give: (session, message, inherited) => {
        const subscription = this.members.get(session);
        if (!subscription) throw new Error(`${session.clientId} is not in ${filter}`);
        const delivery = deliveryOf(message, subscription, { group: this.group });
        if (inherited) session.inherit(delivery);
        else session.deliverOnce(delivery);
      },
      lose: (message, reason, session) => {
        events.emit('drop', () => ({ ...about(message), clientId: session?.clientId, reason, share: filter }));
      },
    });
  }

  /** Adds a member, or changes the terms of one, which keeps its place. */
  join(session: Session, subscription: Subscription): void {
    this.members.set(session, subscription);
    session.groups.add(this.group);
    this.group.join(session);
  }

  leave(session: Session): void {
    this.members.delete(session);
    session.groups.delete(this.group);
    this.group.leave(session);
  }
}

function createGroup(
  { behaviour, maxQueuedMessages }: Terms,
  outlet: Outlet<Session, Message>,
): SharedGroup<Session, Message> {
  const { distribution, marksRedelivery: leavesToOwner } = behaviour;
  if (distribution.kind === 'members') return new RoundRobinGroup(outlet, distribution);
  return new SharedQueue(outlet, { ...distribution, leavesToOwner, maxQueuedMessages });
}
