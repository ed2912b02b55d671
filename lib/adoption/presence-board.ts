import { createHash } from 'node:crypto';
import { decodePresence, type Presence } from './presence-message.js';

export interface PresenceBoardOptions {
  readonly prefix: string;
  /** Share Name. */
  readonly group: string;
  /** This worker's own sessions of the group, and the subscriptions of each. */
  readonly own: ReadonlyMap<string, readonly string[]>;
  /** Milliseconds for which a session must have been without a connection. */
  readonly after: number;
  /** Milliseconds by which each further candidate waits longer. */
  readonly step: number;
  readonly adopt: (presence: Presence) => void;
  /** What is retained of one of the own sessions is not what this worker said last. */
  readonly overwritten: (presence: Presence) => void;
}

/**
 * What one worker knows of the sessions of its group, and when it is its turn to adopt one.
 *
 * Every living worker that serves all filters of a session that is gone is a candidate. All rank the candidates alike,
 * by a hash, and wait `after` and then `step` for each that comes before; so the first adopts, and the next steps in
 * only when nothing has been heard of it. Two that adopt all the same do no harm but a second run: the broker lets only
 * one of them have the session.
 */
export class PresenceBoard {
  private readonly known = new Map<string, Presence>();
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly options: PresenceBoardOptions) {}

  /** What is known of a session; before this worker has connected, that is what was retained of it. */
  presenceOf(clientId: string): Presence | undefined {
    return this.known.get(clientId);
  }

  receive(topic: string, payload: Buffer): void {
    const { prefix, group } = this.options;
    if (payload.length === 0) {
      this.forget(topic.slice(`${prefix}/${group}/`.length));
      return;
    }
    const presence = decodePresence(prefix, group, topic, payload);
    if (presence === undefined || this.isOutdated(presence)) return;
    this.known.set(presence.clientId, presence);
    if (this.options.own.has(presence.clientId)) this.options.overwritten(presence);
    else if (presence.state === 'gone') this.waitFor(presence);
    else this.cancel(presence.clientId);
  }

  /** Waits anew for a session whose adoption did not come about. */
  retry(presence: Presence): void {
    if (this.known.get(presence.clientId)?.state === 'gone') this.waitFor(presence);
  }

  /** Nothing is known any more: what is retained will come again with the next subscription. */
  reset(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.known.clear();
  }

  /** The will of a connection that its worker has replaced since. */
  private isOutdated({ clientId, incarnation, connection }: Presence): boolean {
    const last = this.known.get(clientId);
    return last !== undefined && last.incarnation === incarnation && last.connection > connection;
  }

  private forget(clientId: string): void {
    this.cancel(clientId);
    this.known.delete(clientId);
  }

  private cancel(clientId: string): void {
    clearTimeout(this.timers.get(clientId));
    this.timers.delete(clientId);
  }

  private waitFor(presence: Presence): void {
    const { after, step, adopt } = this.options;
    const rank = this.ownRank(presence);
    this.cancel(presence.clientId);
    if (rank === undefined) return;
    const timer = setTimeout(
      () => {
        this.timers.delete(presence.clientId);
        adopt(presence);
      },
      after + rank * step,
    );
    this.timers.set(presence.clientId, timer);
  }

  /** How many candidates come before this worker; `undefined` when it is none. */
  private ownRank(gone: Presence): number | undefined {
    const { own } = this.options;
    const living = [...this.known.values()].filter(({ state, clientId }) => state === 'alive' && !own.has(clientId));
    const rivals = living.filter(({ filters }) => servesAll(filters, gone)).map(({ clientId }) => clientId);
    const mine = [...own].filter(([, filters]) => servesAll(filters, gone)).map(([clientId]) => clientId);
    const first = mine.map((clientId) => rankKey(gone, clientId)).sort()[0];
    if (first === undefined) return undefined;
    return rivals.filter((clientId) => rankKey(gone, clientId) < first).length;
  }
}

function servesAll(filters: readonly string[], { filters: wanted }: Presence): boolean {
  return wanted.every((filter) => filters.includes(filter));
}

function rankKey(gone: Presence, candidate: string): string {
  return createHash('sha256').update(`${gone.clientId} ${candidate}`).digest('hex');
}
