import { createHash } from 'node:crypto';
import { LONGEST_TIMER } from '../backoff.js';
import { decodePresence, type Presence, presenceTopic } from './presence-message.js';
import { stemOf } from './session-id.js';

/** Milliseconds that a worker which is there has for answering a roll call, however short `after` is. */
const LEAST_TIME_TO_ANSWER = 5_000;

/** Milliseconds; a session that holds what always fails, or cannot be had, must not make its adopters spin. */
const LEAST_TIME_BETWEEN_ADOPTIONS = 1_000;

export interface PresenceBoardOptions {
  readonly prefix: string;
  /** Share Name. */
  readonly group: string;
  /** Of this process. */
  readonly incarnation: string;
  /** Of this worker's Client Identifiers. */
  readonly stem: string;
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
 * A session is vacant when it is `gone`, or when nobody has spoken for it since the last roll call: the broker that was
 * to say so may have ended without it. Every living worker that serves all filters of a vacant session is a candidate.
 * All wait `after`, rank the candidates alike, by a hash, and wait `step` for each that comes before; so the first adopts,
 * and the next steps in only when nothing has been heard of it. Two that adopt all the same do no harm but a second run:
 * the broker lets only one of them have the session.
 */
export class PresenceBoard {
  /** By topic, like the timers: a message without payload has nothing else. */
  private readonly known = new Map<string, Presence>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** Topics of sessions of which nothing has been heard since the last roll call. */
  private readonly silent = new Set<string>();
  private adopting = false;

  constructor(private readonly options: PresenceBoardOptions) {}

  /** What is known of a session; before this worker has connected, that is what was retained of it. */
  presenceOf(clientId: string): Presence | undefined {
    return this.known.get(this.topicOf(clientId));
  }

  /** Whether nobody is known to be at the session. */
  isVacant(clientId: string): boolean {
    const topic = this.topicOf(clientId);
    return this.known.get(topic)?.state === 'gone' || this.silent.has(topic);
  }

  /** Everything retained is known, and the roll is called: from now on this worker adopts. */
  begin(): void {
    this.adopting = true;
    for (const [topic, presence] of this.known) {
      if (this.options.own.has(presence.clientId)) continue;
      if (presence.state === 'gone') this.waitFor(topic, presence);
      else this.expectAnswer(topic, presence);
    }
  }

  /** A process may be gone: whoever is at the sessions that it was at will say so. */
  doubt(incarnation: string): void {
    for (const [topic, presence] of this.known) {
      if (this.options.own.has(presence.clientId)) continue;
      if (presence.incarnation === incarnation && presence.state !== 'gone') this.expectAnswer(topic, presence);
    }
  }

  receive(topic: string, payload: Buffer): void {
    const { prefix, group, own, overwritten } = this.options;
    if (payload.length === 0) {
      this.silent.delete(topic);
      this.cancel(topic);
      this.known.delete(topic);
      return;
    }
    const presence = decodePresence(prefix, group, topic, payload);
    if (presence === undefined) return;
    if (own.has(presence.clientId)) {
      // Whoever subscribes from now on is told this, outdated or not.
      this.known.set(topic, presence);
      overwritten(presence);
    } else if (!this.isOutdated(presence, this.known.get(topic))) {
      this.known.set(topic, presence);
      this.silent.delete(topic);
      if (presence.state === 'gone') this.waitFor(topic, presence);
      else this.cancel(topic);
    }
  }

  /** Waits anew for a session whose adoption did not come about. */
  retry({ clientId }: Presence): void {
    const topic = this.topicOf(clientId);
    const last = this.known.get(topic);
    if (last !== undefined && this.isVacant(clientId)) this.waitFor(topic, last, LEAST_TIME_BETWEEN_ADOPTIONS);
  }

  /** Nothing is known any more: what is retained will come again with the next subscription. Adopts nothing meanwhile. */
  reset(): void {
    this.adopting = false;
    this.silent.clear();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.known.clear();
  }

  /** The will of a connection that its worker has replaced since. */
  private isOutdated({ incarnation, connection }: Presence, last: Presence | undefined): boolean {
    return last !== undefined && last.incarnation === incarnation && last.connection > connection;
  }

  private expectAnswer(topic: string, presence: Presence): void {
    this.silent.add(topic);
    this.waitFor(topic, presence, LEAST_TIME_TO_ANSWER);
  }

  private cancel(topic: string): void {
    clearTimeout(this.timers.get(topic));
    this.timers.delete(topic);
  }

  private waitFor(topic: string, gone: Presence, least = 0): void {
    if (!this.adopting) return;
    const { after, step, adopt, incarnation } = this.options;
    const wait = Math.max(after, gone.incarnation === incarnation ? LEAST_TIME_BETWEEN_ADOPTIONS : least);
    this.wait(topic, wait, () => {
      // Ranked when all who live have had the time to say so.
      const rank = this.ownRank(gone);
      if (rank === 0) adopt(gone);
      else if (rank !== undefined) this.wait(topic, rank * step, () => adopt(gone));
    });
  }

  private wait(topic: string, milliseconds: number, then: () => void): void {
    this.cancel(topic);
    const timer = setTimeout(
      () => {
        this.timers.delete(topic);
        then();
      },
      Math.min(milliseconds, LONGEST_TIMER),
    );
    this.timers.set(topic, timer);
  }

  private topicOf(clientId: string): string {
    const { prefix, group } = this.options;
    return presenceTopic(prefix, group, clientId);
  }

  /** How many candidates come before this worker; `undefined` when it is none. */
  private ownRank(gone: Presence): number | undefined {
    const { own, stem } = this.options;
    const candidates = this.candidates;
    candidates.set(stem, new Set([...own.values()].flat()));
    const able = [...candidates].filter(([, filters]) => gone.filters.every((filter) => filters.has(filter)));
    const ranked = able.map(([candidate]) => ({ candidate, key: rankKey(gone, candidate) }));
    const mine = ranked.find(({ candidate }) => candidate === stem);
    return mine && ranked.filter(({ key }) => key < mine.key).length;
  }

  /** By stem, every other worker that is there, and what it serves. */
  private get candidates(): Map<string, Set<string>> {
    const { group } = this.options;
    const found = new Map<string, Set<string>>();
    for (const [topic, { state, clientId, filters }] of this.known) {
      const stem = stemOf(group, clientId);
      if (state !== 'alive' || this.silent.has(topic) || stem === undefined) continue;
      const served = found.get(stem) ?? new Set();
      found.set(stem, served);
      for (const filter of filters) served.add(filter);
    }
    return found;
  }
}

function rankKey(gone: Presence, stem: string): string {
  return createHash('sha256').update(`${gone.clientId} ${stem}`).digest('hex');
}
