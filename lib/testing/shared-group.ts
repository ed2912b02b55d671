import { Ranking } from './ranking.js';

/** What distribution may know of a session. */
export interface SharedMember {
  readonly connected: boolean;
  /** Whether a message would leave at once: its window is not full and nothing waits before it. */
  readonly hasRoom: boolean;
  /** Messages that wait for room in its window. */
  readonly queued: number;
}

/**
 * How one shared subscription (one Share Name and Topic Filter) distributes its messages. Brokers differ here and
 * nowhere else, so that another broker's habits are another implementation of this interface.
 */
export interface SharedGroup<M extends SharedMember> {
  join(member: M): void;
  leave(member: M): void;
  /** Something of what the group may know of this member is different now. */
  changed(member: M): void;
  /** Who gets a new message; `undefined` when nobody is there. */
  choose(): M | undefined;
  /**
   * Who gets a message that another member had not finished when it went offline or when its session ended;
   * `undefined` leaves it with the session, or drops it when the session has ended.
   */
  heir(cause: 'offline' | 'ended'): M | undefined;
}

/**
 * Round robin over the connected members that have room; when none has, the shortest queue; an offline member only
 * when no member is connected. What an offline member left unfinished goes to a connected one at once.
 */
export class RoundRobinGroup<M extends SharedMember> implements SharedGroup<M> {
  readonly #connected = new Ranking<M>();
  readonly #offline = new Ranking<M>();
  readonly #members = new Set<M>();

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
    const [here, there] = member.connected ? [this.#connected, this.#offline] : [this.#offline, this.#connected];
    there.remove(member);
    here.place(member, member.hasRoom ? 0 : 1 + member.queued);
  }

  choose(): M | undefined {
    return this.#connected.next() ?? this.#offline.next();
  }

  heir(cause: 'offline' | 'ended'): M | undefined {
    return cause === 'ended' ? this.choose() : this.#connected.next();
  }
}
