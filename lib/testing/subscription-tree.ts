import { FilterTrie } from '../routing/filter-trie.js';
import { parseTopicFilter } from '../topic/topic-filter.js';
import type { Session } from './session.js';
import type { Share } from './share.js';
import type { Subscription } from './subscription.js';

/** Everybody who is interested in what matches one Topic Filter. */
export interface Interest {
  readonly plain: Map<Session, Subscription>;
  /** By `$share/…` filter. */
  readonly shares: Map<string, Share>;
}

/** Subscriptions of all sessions, found by Topic Name. */
export class SubscriptionTree {
  readonly #shares = new Map<string, Share>();
  readonly #interests = new Map<string, Interest>();
  #trie = new FilterTrie<Interest>();
  /** The trie cannot forget: filters in it that nobody holds any more. */
  #abandoned = 0;

  constructor(
    readonly createShare: (filter: string) => Share,
    readonly rule: { readonly oneGroupPerFilter: boolean } = { oneGroupPerFilter: false },
  ) {}

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
      share = this.createShare(subscription.filter);
      this.#shares.set(subscription.filter, share);
      interest.shares.set(subscription.filter, share);
    }
    if (this.rule.oneGroupPerFilter) this.#leaveOtherGroups(session, subscription);
    share.join(session, subscription);
  }

  /** Returns whether there was such a subscription. */
  remove(session: Session, filter: string): boolean {
    const subscription = session.subscriptions.get(filter);
    if (!subscription) return false;
    session.subscriptions.delete(filter);
    const interest = this.#interest(subscription.topicFilter);
    const share = this.#shares.get(filter);
    if (share) this.#leave(share, session, interest);
    else interest.plain.delete(session);
    if (this.rule.oneGroupPerFilter) this.#leaveOtherGroups(session, subscription);
    if (interest.plain.size === 0 && interest.shares.size === 0) this.#abandon(subscription.topicFilter);
    return true;
  }

  #leave(share: Share, session: Session, interest: Interest): void {
    if (share.members.has(session)) share.leave(session);
    if (share.members.size > 0 || !share.group.isEmpty) return;
    this.#shares.delete(share.filter);
    interest.shares.delete(share.filter);
  }

  #leaveOtherGroups(session: Session, { filter, topicFilter }: Subscription): void {
    const interest = this.#interest(topicFilter);
    for (const share of [...interest.shares.values()]) {
      if (share.filter !== filter && share.members.has(session)) this.#leave(share, session, interest);
    }
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
