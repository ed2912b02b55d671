import { Ranking } from './ranking.js';

/** What distribution may know of a session. */
export interface SharedMember {
  readonly connected: boolean;
  /** Whether a message would leave at once: its window is not full and nothing waits before it. */
  readonly hasRoom: boolean;
  /** Whether it has acknowledged everything. */
  readonly idle: boolean;
  /** Messages that fit into its window together. */
  readonly capacity: number;
  /** Messages that wait for room in its window. */
  readonly queued: number;
}

/** What became of a member that it cannot finish its messages: away, its session ended, or subscribed no more or anew. */
export type Cause = 'offline' | 'ended' | 'unsubscribed';

/** What a group does with a message once it has decided. */
export interface Outlet<M, T> {
  /** To this member; `inherited` when the broker had taken it on before, so that no bound applies. */
  give(member: M, message: T, inherited: boolean): void;
  /** To nobody, ever. The member is the last one, where the group ended with it. */
  lose(message: T, why: 'queue-full' | 'session-ended', member?: M): void;
}

/** How one shared subscription (one Share Name and Topic Filter) distributes its messages. */
export interface SharedGroup<M extends SharedMember, T> {
  /** A member has subscribed, for the first time or again. */
  join(member: M): void;
  leave(member: M): void;
  /** Without members, whether nothing would be lost with the group. */
  readonly isEmpty: boolean;
  /** Something of what the group may know of this member is different now. */
  changed(member: M): void;
  /** A new message. Returns whether anybody is there to get it. */
  offer(message: T): boolean;
  /** A message that a member has not finished. Returns `false` to leave it with the member's session. */
  inherit(message: T, cause: Cause): boolean;
  /** A member is done with a message of this group: it has acknowledged it, lost it, or given it back. */
  finished(): void;
}

/**
 * A message is a member's as soon as it comes.
 *
 * `'ready first'`: round robin over the connected members that have room; when none has, the shortest queue; an offline
 * member only when no member is connected. `'in turn'`: round robin over all of them, whatever their state.
 */
export class RoundRobinGroup<M extends SharedMember, T> implements SharedGroup<M, T> {
  readonly #connected = new Ranking<M>();
  readonly #offline = new Ranking<M>();
  readonly #members = new Set<M>();
  readonly isEmpty = true; // messages are with members

  constructor(
    readonly outlet: Outlet<M, T>,
    readonly rule: { readonly choose: 'ready first' | 'in turn'; readonly handsOver: boolean },
  ) {}

  join(member: M): void {
    this.#members.add(member);
    this.changed(member);
  }

  leave(member: M): void {
    this.#members.delete(member);
    this.#connected.remove(member);
    this.#offline.remove(member);
  }

  changed(member: M): void {
    if (!this.#members.has(member)) return;
    if (this.rule.choose === 'in turn') return this.#connected.place(member, 0);
    const [here, there] = member.connected ? [this.#connected, this.#offline] : [this.#offline, this.#connected];
    there.remove(member);
    here.place(member, member.hasRoom ? 0 : 1 + member.queued);
  }

  finished(): void {}

  offer(message: T): boolean {
    return this.#give(this.choose(), message, false);
  }

  inherit(message: T, cause: Cause): boolean {
    return this.rule.handsOver && this.#give(this.heir(cause), message, true);
  }

  /** Who gets a new message; `undefined` when nobody is there. */
  choose(): M | undefined {
    return this.#connected.next() ?? this.#offline.next();
  }

  /** Who gets what another had not finished: someone connected, or anyone when its session has ended. */
  heir(cause: Cause): M | undefined {
    return cause === 'ended' ? this.choose() : this.#connected.next();
  }

  #give(member: M | undefined, message: T, inherited: boolean): boolean {
    if (member) this.outlet.give(member, message, inherited);
    return member !== undefined;
  }
}
