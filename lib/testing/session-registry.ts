import type { BrokerEvents } from './broker-events.js';
import type { Router } from './router.js';
import { Session } from './session.js';
import type { Terms } from './share.js';
import type { SubscriptionTree } from './subscription-tree.js';

/** Longest delay of a Node timer; what expires later than that does so after 24 days never. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** All sessions, and the clocks that run while their clients are away. */
export class SessionRegistry {
  readonly #sessions = new Map<string, Session>();
  readonly #expiries = new Map<Session, NodeJS.Timeout>();
  readonly #wills = new Map<Session, NodeJS.Timeout>();

  constructor(
    readonly tree: SubscriptionTree,
    readonly router: Router,
    readonly events: BrokerEvents,
    readonly terms: Terms,
  ) {}

  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  all(): Session[] {
    return [...this.#sessions.values()];
  }

  create(clientId: string): Session {
    const session = new Session(clientId, this.events, this.terms);
    this.#sessions.set(clientId, session);
    return session;
  }

  /** The client is back in time; the will of its new connection replaces the one that waited. */
  resume(session: Session): void {
    this.#stopClocks(session);
  }

  /** Another connection has taken the place of the client's. */
  takeOver(session: Session): void {
    const { marksRedelivery, willOnTakeover } = this.terms.behaviour;
    if (!marksRedelivery) this.router.handOver(session, 'offline');
    if (willOnTakeover) this.#publishWill(session);
    this.resume(session);
  }

  /** The client's connection has ended: the session, and its will, wait as long as they were asked to. */
  leave(session: Session): void {
    session.detach();
    if (session.expiryInterval === 0) return this.end(session);
    this.router.handOver(session, 'offline');
    this.#after(this.#expiries, session, session.expiryInterval, () => this.end(session));
    // the session's end is the latest time for the will, [MQTT-3.1.3-9]; `end` sees to that
    if (session.will && !this.terms.behaviour.willWithSessionOn.includes(session.protocolVersion))
      this.#after(this.#wills, session, session.will.delay, () => this.#publishWill(session));
  }

  /** Ends a session: nothing is kept for this client any more. */
  end(session: Session): void {
    this.#stopClocks(session);
    this.#sessions.delete(session.clientId);
    for (const filter of session.subscriptions.keys()) this.tree.remove(session, filter);
    this.router.handOver(session, 'ended');
    session.discard();
    this.#publishWill(session);
  }

  stopAllClocks(): void {
    for (const session of this.#sessions.values()) {
      this.#stopClocks(session);
      session.stopClocks();
    }
  }

  #publishWill(session: Session): void {
    const { will } = session;
    session.will = undefined;
    if (will) this.router.publish(will.message);
  }

  #stopClocks(session: Session): void {
    for (const clocks of [this.#expiries, this.#wills]) {
      clearTimeout(clocks.get(session));
      clocks.delete(session);
    }
  }

  #after(clocks: Map<Session, NodeJS.Timeout>, session: Session, seconds: number, run: () => void): void {
    if (seconds === 0) return run();
    if (seconds * 1000 > LONGEST_TIMER) return;
    clocks.set(session, setTimeout(run, seconds * 1000).unref());
  }
}
