import type { Presence } from '../adoption/presence-message.js';
import type { Backoff } from '../backoff.js';
import type { BrokerProfile } from '../broker/profile.js';
import { within } from '../deadline.js';
import { Consumer, type ConsumerOptions } from '../delivery/consumer.js';
import type { ConsumerSnapshot } from '../delivery/consumer-stats.js';
import { ConnectionLostError } from '../errors/connection-lost.error.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { SubscribeEndedConnectionError } from '../errors/subscribe-ended-connection.error.js';
import type { EventBus } from '../observability/event-bus.js';
import { Link, type LinkOwner } from '../session/link.js';
import type { InboundPublish, ProtocolVersion, QoS, Wire, WireClosed } from '../session/wire.js';
import { acknowledgementsRead, finishRunning, finishSession } from './before-renewal.js';
import type { OpenSession } from './connection-factory.js';
import { Departure } from './departure.js';
import { isRefusal, subscribeAll } from './grant.js';
import { IdleCheck } from './idle-check.js';
import { Renewal } from './renewal.js';
import { type OwnPresence, SessionAnnouncer } from './session-announcer.js';
import { methodsOf, type Subscription } from './subscription.js';

export interface MemberOptions {
  readonly clientId: string;
  /** Of several connections with the same subscriptions. */
  readonly isFirst: boolean;
  /** Where the broker is now, as it may be shown. */
  readonly address: () => string;
  readonly subscriptions: readonly Subscription[];
  readonly allowDowngrade: boolean;
  readonly protocolVersion: ProtocolVersion;
  /** Whether the session outlives its connections. */
  readonly persistent: boolean;
  /** What other workers are told of the session, and what they were told last; where sessions are adopted. */
  readonly presence: OwnPresence | undefined;
  readonly profile: BrokerProfile;
  /** Milliseconds for each answer of the broker. */
  readonly answerTimeout: number;
  readonly redeliverAfter: number;
  readonly receiveMaximum: number;
  readonly reconnect: Backoff;
  readonly consumer: ConsumerOptions;
  readonly events: EventBus;
  /** `clean` ends what the broker remembers of the session. */
  readonly open: OpenSession;
  readonly stateChanged: () => void;
}

export type MemberState = 'connecting' | 'up' | 'down' | 'refused' | 'closed';

/** One connection of the plan: a Client Identifier, its session, and the messages that come through it. */
export class Member implements LinkOwner {
  private readonly consumer: Consumer;
  private readonly link: Link;
  private readonly renewal: Renewal;
  private readonly announcer: SessionAnnouncer;
  private readonly departure: Departure;
  private readonly idleCheck: IdleCheck;
  private readonly filters: readonly string[];
  private memberState: MemberState = 'connecting';
  /** The server's session has every subscription. */
  private subscribed = false;
  private draining = false;
  private everOpened = false;
  private closing: Promise<number> | undefined;
  private readonly beginsToLeave: Promise<undefined>;
  private beginToLeave: () => void = () => {};
  private upSince: number | undefined;

  constructor(private readonly options: MemberOptions) {
    this.consumer = new Consumer(options.consumer, {
      acknowledge: (acknowledgement) => this.link.connection?.acknowledge(acknowledgement),
      resume: () => this.link.connection?.resume(),
      held: (count) => this.renewal.held(count),
    });
    this.renewal = new Renewal(options, () => this.renew());
    const { open, persistent, presence, reconnect, subscriptions } = options;
    this.announcer = new SessionAnnouncer(presence);
    this.filters = subscriptions.map(({ pattern }) => pattern);
    this.link = new Link(
      (listener, signal) => open(listener, signal, { clean: !persistent, will: this.announcer.nextWill() }),
      this,
      reconnect,
    );
    this.idleCheck = new IdleCheck(
      () => this.consumer.snapshot().received,
      () => this.consumer.snapshot().unsettled === 0,
      () => this.askAgain(),
    );
    this.beginsToLeave = new Promise((resolve) => {
      this.beginToLeave = () => resolve(undefined);
    });
    this.departure = new Departure(
      { ...options, group: this.group, filters: this.filters },
      this.link,
      this.consumer,
      this.announcer,
    );
  }

  get clientId(): string {
    return this.options.clientId;
  }

  get isFirst(): boolean {
    return this.options.isFirst;
  }

  get state(): MemberState {
    return this.memberState;
  }

  get wire(): Wire | undefined {
    return this.link.wire;
  }

  get group(): string | undefined {
    return this.options.subscriptions[0]?.group;
  }

  snapshot(): ConsumerSnapshot {
    return this.consumer.snapshot();
  }

  /** Resolves when the connection is up and every filter granted. */
  async start(): Promise<void> {
    try {
      await this.link.start();
    } catch (error) {
      if (!this.everOpened || !(error instanceof ConnectionLostError)) throw error;
      throw new SubscribeEndedConnectionError(this.filters, this.options.subscriptions.map(methodsOf), error);
    }
  }

  // --- the link's calls -----------------------------------------------------------------------------------------

  opened(wire: Wire): void {
    this.everOpened = true;
    if (!wire.sessionPresent) this.subscribed = false;
    this.consumer.attach(wire.sessionPresent);
    // The broker's answers come behind the messages of a resumed session, so those have to run meanwhile.
    if (!this.draining) this.consumer.allowStarts();
  }

  async connected(wire: Wire): Promise<void> {
    const { options, announcer, filters } = this;
    const { sessionPresent } = wire;
    if (sessionPresent && this.subscribed && !this.draining) this.subscribed = await this.isStillSubscribed();
    const old = this.filtersOfOldVersion(wire);
    // First of all: SUBACK can come behind a long backlog, and a broker that crashes forgets the will. A session that
    // nobody is known to be at would be adopted meanwhile, or by nobody ever.
    const announced = sessionPresent || !this.draining ? this.announce(wire) : Promise.resolve();
    if (this.subscribed || this.draining) {
      if (this.subscribed) announcer.isSubscribed();
      await this.unlessLeaving(announced);
    } else {
      const granted = await this.unlessLeaving(Promise.all([this.subscribe(wire, old), announced]));
      if (granted === undefined) return;
      this.subscribed = true;
      announcer.isSubscribed();
      options.events.emit({ type: 'subscribed', connection: options.clientId, filters, granted: granted[0] });
    }
    this.upSince = Date.now();
    options.events.emit({
      type: 'connected',
      connection: options.clientId,
      address: wire.address,
      sessionPresent,
      filters,
      limits: wire.protocolVersion === 5 ? wire.limits : undefined,
    });
    if (!this.draining) this.become('up');
  }

  /**
   * A session that is there still need not have its subscriptions: an adopter has taken them, or the server, like
   * Mosquitto, has forgotten them in a restart. Asked for anew they do no harm, but for servers that then deliver again
   * what runs here.
   */
  private async isStillSubscribed(): Promise<boolean> {
    return this.options.profile.resubscribeRedelivers && !(await this.announcer.wasAdopted());
  }

  /** The broker's answer may come behind messages that are not begun any more: then it is not waited for. */
  private unlessLeaving<T>(answer: Promise<T>): Promise<T | undefined> {
    if (this.memberState === 'connecting' && !this.draining) return answer;
    answer.catch(() => {});
    return Promise.race([answer, this.beginsToLeave]);
  }

  private async subscribe(wire: Wire, old: readonly string[]): Promise<QoS[]> {
    const { subscriptions, allowDowngrade } = this.options;
    const granted = await this.answered(wire, subscribeAll(wire, subscriptions, allowDowngrade), 'SUBSCRIBE');
    if (old.length > 0) await wire.unsubscribe(old);
    return granted;
  }

  /** Waits for the broker's answer, for as long as it may have been sent and cannot be read. */
  private async answered<T>(wire: Wire, answer: Promise<T>, packet: string): Promise<T> {
    const { clientId, answerTimeout } = this.options;
    const timeout = new NoAnswerError(wire.address, clientId, packet, answerTimeout);
    for (;;) {
      try {
        return await within(answer, answerTimeout, () => timeout);
      } catch (error) {
        if (error !== timeout || !wire.open || !this.consumer.isPaused) throw error;
      }
    }
  }

  publish(packet: InboundPublish): boolean {
    return this.consumer.receive(packet);
  }

  released(packetId: number): void {
    this.consumer.released(packetId);
  }

  ended(): void {
    this.consumer.detach();
  }

  disconnected({ error }: WireClosed): void {
    this.renewal.connectionEnded();
    const unexpected = this.renewal.isUnderWay ? undefined : error;
    const lived = this.upSince === undefined ? undefined : Date.now() - this.upSince;
    this.upSince = undefined;
    this.options.events.emit({ type: 'disconnected', connection: this.options.clientId, error: unexpected, lived });
    this.become(isRefusal(error) ? 'refused' : 'down');
  }

  // --- presence -------------------------------------------------------------------------------------------------

  private announce(wire: Wire): Promise<void> {
    return this.answered(wire, this.announcer.alive(wire), 'PUBLISH');
  }

  /** What is retained of this session by now: not always what this member said last. */
  heard(retained: Presence): void {
    if (this.announcer.isOverwrittenBy(retained)) this.announceAnew();
  }

  /** Somebody asks who is there. */
  answerRollCall(): void {
    this.announceAnew();
  }

  private announceAnew(): void {
    const wire = this.link.connection;
    if (!this.announcer.isAnnouncedOn(wire)) return;
    // Without an answer the connection has ended or will, and the next one announces itself.
    this.announce(wire).catch(() => wire.destroy());
  }

  /** A session is never left with a subscription that no handler of this version serves. */
  private filtersOfOldVersion(wire: Wire): string[] {
    if (!wire.sessionPresent || this.subscribed) return [];
    return this.announcer.lastFilters.filter((filter) => !this.filters.includes(filter));
  }

  private become(state: MemberState): void {
    if (this.memberState === state) return;
    this.memberState = state;
    if (state === 'up' && this.group !== undefined && this.options.profile.deliversInBatches) this.idleCheck.start();
    else this.idleCheck.stop();
    this.options.stateChanged();
  }

  /**
   * A broker that hands out batches looks for an idle member only when a batch is done; a SUBSCRIBE makes it look. Else
   * one message that takes long, or a member's death, holds up the whole group.
   */
  private askAgain(): void {
    const { wire } = this.link;
    const { subscriptions, allowDowngrade } = this.options;
    // A refusal shows, and is told of, when the next connection subscribes.
    if (wire !== undefined) subscribeAll(wire, subscriptions, allowDowngrade).catch(() => wire.destroy());
  }

  /** Held messages come again only on another connection. */
  private async renew(): Promise<void> {
    const { events, clientId, persistent, profile, redeliverAfter, answerTimeout } = this.options;
    events.emit({ type: 'recycling', connection: clientId, held: this.consumer.snapshot().held });
    const wire = this.link.connection;
    const comesAgain = persistent || profile.handsOver.clean;
    if (comesAgain) await finishRunning(this.consumer, redeliverAfter);
    else if (wire !== undefined) await finishSession(wire, this.consumer, this.filters);
    // One that has ended by itself meanwhile is renewed already.
    if (this.draining || this.link.connection !== wire) return;
    // DISCONNECT discards the will, and this process may not come back.
    if (this.announcer.isAnnouncedOn(wire)) {
      this.announcer.gone(wire).catch(() => {
        // Refused now where it was allowed before: the next connection says so.
      });
    }
    await this.link.recycle(async (old) => {
      if (comesAgain) await acknowledgementsRead(old, this.consumer, answerTimeout);
    });
  }

  // --- closing --------------------------------------------------------------------------------------------------

  /** Leaves the group: see {@link Departure.leave}. */
  close(drainTimeout: number): Promise<number> {
    this.closing ??= this.leave(drainTimeout);
    return this.closing;
  }

  private async leave(drainTimeout: number): Promise<number> {
    this.draining = true;
    this.idleCheck.stop();
    this.beginToLeave();
    this.renewal.stop();
    const left = await this.departure.leave(drainTimeout);
    this.become('closed');
    return left;
  }

  /**
   * Ends what {@link start} began where not all of it succeeded: what this connection was given meanwhile is finished
   * within `drainTimeout`, because nobody else may ever get it. `forget` ends the session in any case.
   *
   * Where SUBSCRIBE was not answered the session may have its subscriptions all the same, and nobody who is at it.
   */
  async abandon(forget: boolean, drainTimeout: number): Promise<void> {
    if (!this.everOpened) {
      await this.link.stop();
      this.become('closed');
      return;
    }
    const { answerTimeout } = this.options;
    const waitsForBrokerOnly = this.link.wire === undefined && this.consumer.snapshot().unsettled === 0;
    await this.close(waitsForBrokerOnly ? Math.min(answerTimeout, drainTimeout) : drainTimeout);
    if (forget) await this.departure.forget(answerTimeout);
  }
}
