import { FilterTrie } from '../routing/filter-trie.js';
import { parseTopicFilter } from '../topic/topic-filter.js';
import type { Session } from './session.js';
import type { SharedGroup } from './shared-group.js';
import type { Subscription } from './subscription.js';

/** One shared subscription: who is in it, under which terms, and who is next. */
export interface Share {
  readonly members: Map<Session, Subscription>;
  readonly group: SharedGroup<Session>;
}

/** Everybody who is interested in what matches one Topic Filter. */
export interface Interest {
  readonly plain: Map<Session, Subscription>;
  /** By `$share/…` filter. */
  readonly shares: Map<string, Share>;
}

/** Subscriptions of all sessions, found by Topic Name. */
export class SubscriptionTree {
  readonly #createGroup: () => SharedGroup<Session>;
  readonly #shares = new Map<string, Share>();
  readonly #interests = new Map<string, Interest>();
  #trie = new FilterTrie<Interest>();
  /** The trie cannot forget: filters in it that nobody holds any more. */
  #abandoned = 0;

  constructor(createGroup: () => SharedGroup<Session>) {
    this.#createGroup = createGroup;
  }

  match(topic: string): Interest[] {
    return this.#trie.match(topic);
  }

  share(filter: string): Share | undefined {
    return this.#shares.get(filter);
  }

  /** Adds or replaces; a replaced subscription keeps its place in its group. */
  add(session: Session, subscription: Subscription): void {
    const interest = this.#interest(subscription.topicFilter);
    session.subscriptions.set(subscription.filter, subscription);
    if (subscription.shareName === undefined) {
      interest.plain.set(session, subscription);
      return;
    }
    let share = this.#shares.get(subscription.filter);
    if (!share) {
      share = { members: new Map(), group: this.#createGroup() };
      this.#shares.set(subscription.filter, share);
      interest.shares.set(subscription.filter, share);
    }
    const member = share.members.has(session);
    share.members.set(session, subscription);
    if (member) return;
    session.groups.add(share.group);
    share.group.join(session);
  }

  /** Returns whether there was such a subscription. */
  remove(session: Session, filter: string): boolean {
    const subscription = session.subscriptions.get(filter);
    if (!subscription) return false;
    session.subscriptions.delete(filter);
    const interest = this.#interest(subscription.topicFilter);
    const share = this.#shares.get(filter);
    if (share) {
      share.members.delete(session);
      session.groups.delete(share.group);
      share.group.leave(session);
      if (share.members.size === 0) {
        this.#shares.delete(filter);
        interest.shares.delete(filter);
      }
    } else {
      interest.plain.delete(session);
    }
    if (interest.plain.size === 0 && interest.shares.size === 0) this.#abandon(subscription.topicFilter);
    return true;
  }

  #interest(topicFilter: string): Interest {
    const known = this.#interests.get(topicFilter);
    if (known) return known;
    const created = this.#trie.get(topicFilter);
    const interest = created ?? { plain: new Map(), shares: new Map() };
    if (created) this.#abandoned--;
    else this.#trie.add(parseTopicFilter(topicFilter, { namedLevels: false }), interest);
    this.#interests.set(topicFilter, interest);
    return interest;
  }

  #abandon(topicFilter: string): void {
    this.#interests.delete(topicFilter);
    this.#abandoned++;
    if (this.#abandoned < 1000 || this.#abandoned < this.#interests.size) return;
    this.#abandoned = 0;
    this.#trie = new FilterTrie();
    for (const [filter, interest] of this.#interests) {
      this.#trie.add(parseTopicFilter(filter, { namedLevels: false }), interest);
    }
  }
}
