import { Fifo } from '../fifo.js';
import { Ranking } from './ranking.js';
import type { Cause, Outlet, SharedGroup, SharedMember } from './shared-group.js';

export interface QueueRule {
  /** Messages that a member takes at once; absent: one, as often as it has room. */
  readonly batch?: number;
  /** What waits when a member leaves and no other is connected is for whoever is next. */
  readonly outlivesMembers: boolean;
  /** What a member holds stays with it while no other is connected. */
  readonly leavesToOwner: boolean;
  readonly maxQueuedMessages: number;
}

/** Messages wait with the group, until a connected member takes them. */
export class SharedQueue<M extends SharedMember, T> implements SharedGroup<M, T> {
  readonly #members = new Set<M>();
  /** Those that can take something, in turn. */
  readonly #ready = new Ranking<M>();
  /** What members gave back, which is older than what waits. */
  readonly #returned = new Fifo<T>();
  readonly #waiting = new Fifo<T>();
  /** Taken by a member, and not acknowledged. */
  #taken = 0;
  #handing = false;

  constructor(
    readonly outlet: Outlet<M, T>,
    readonly rule: QueueRule,
  ) {}

  join(member: M): void {
    this.#members.add(member);
    this.#ready.remove(member); // who subscribes once more is offered what waits, as if it were new
    this.changed(member);
  }

  leave(member: M): void {
    this.#members.delete(member);
    this.#ready.remove(member);
    if (this.rule.outlivesMembers || [...this.#members].some(({ connected }) => connected)) return;
    for (const message of [...this.#returned.drain(), ...this.#waiting.drain()]) {
      this.outlet.lose(message, 'session-ended', member);
    }
  }

  changed(member: M): void {
    if (!this.#members.has(member)) return;
    const ready = member.connected && (this.rule.batch === undefined ? member.hasRoom : member.idle);
    if (!ready) return this.#ready.remove(member);
    const before = this.#ready.has(member);
    this.#ready.place(member, 0);
    if (before) return;
    if (this.rule.batch === undefined) this.#handAll();
    else this.#hand(member);
  }

  finished(): void {
    this.#taken--;
  }

  offer(message: T): boolean {
    if (this.#members.size === 0) return false;
    if (this.#length >= this.rule.maxQueuedMessages) this.outlet.lose(message, 'queue-full');
    else this.#enter(this.#waiting, message);
    return true;
  }

  inherit(message: T, cause: Cause): boolean {
    if (this.#members.size === 0 && !this.rule.outlivesMembers) return false;
    if (cause === 'offline' && this.rule.leavesToOwner && ![...this.#members].some(({ connected }) => connected)) {
      return false;
    }
    this.#enter(this.#returned, message);
    return true;
  }

  get isEmpty(): boolean {
    return !this.rule.outlivesMembers || this.#length + this.#taken === 0;
  }

  get #length(): number {
    return this.#returned.length + this.#waiting.length;
  }

  #enter(queue: Fifo<T>, message: T): void {
    queue.push(message);
    // in batches: whoever is idle hears of the first message of a queue only, and of what was given back
    if (this.rule.batch === undefined || queue === this.#returned || this.#length + this.#taken === 1) this.#handAll();
  }

  #handAll(): void {
    while (this.#length > 0) {
      const member = this.#ready.next();
      if (!member || !this.#hand(member)) return;
    }
  }

  /** To this member, what it takes. Returns `false` when that has to wait, because messages are being handed out. */
  #hand(member: M): boolean {
    if (this.#handing) return false;
    this.#handing = true;
    try {
      const most = this.rule.batch === undefined ? 1 : Math.min(this.rule.batch, member.capacity);
      for (let count = 0; count < most; count++) {
        const message = this.#returned.shift() ?? this.#waiting.shift();
        if (message === undefined) break;
        this.#taken++;
        this.outlet.give(member, message, true);
      }
    } finally {
      this.#handing = false;
    }
    return true;
  }
}
