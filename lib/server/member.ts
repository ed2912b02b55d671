import type { Presence } from '../adoption/presence-message.js';
import type { Backoff } from '../backoff.js';
import type { BrokerProfile } from '../broker/profile.js';
import { Consumer, type ConsumerOptions } from '../delivery/consumer.js';
import type { ConsumerSnapshot } from '../delivery/consumer-stats.js';
import { SubscribeEndedConnectionError } from '../errors/subscribe-ended-connection.error.js';
import type { EventBus } from '../observability/event-bus.js';
import { mayBeRefusal } from '../session/may-be-refusal.js';
import { Link, type LinkOwner } from '../session/link.js';
import type { InboundPublish, ProtocolVersion, Wire, WireClosed } from '../session/wire.js';
import { Arrival } from './arrival.js';
import type { OpenSession } from './connection-factory.js';
import { Departure } from './departure.js';
import { isRefusal, subscribeAll } from './grant.js';
import { IdleCheck } from './idle-check.js';
import { Recycling } from './recycling.js';
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
  readonly filters: readonly string[];
  private readonly consumer: Consumer;
  private readonly link: Link;
  private readonly renewal: Renewal;
  private readonly announcer: SessionAnnouncer;
  private readonly arrival: Arrival;
  private readonly recycling: Recycling;
  private readonly departure: Departure;
  private readonly idleCheck: IdleCheck;
  private memberState: MemberState = 'connecting';
  private everOpened = false;
  private readonly leaving = new AbortController();
  private closing: Promise<number> | undefined;
  private upSince: number | undefined;

  constructor(private readonly options: MemberOptions) {
    this.consumer = new Consumer(options.consumer, {
      acknowledge: (acknowledgement) => this.link.connection?.acknowledge(acknowledgement),
      resume: () => this.link.connection?.resume(),
      held: (count) => this.renewal.held(count),
    });
    this.renewal = new Renewal(options, () => this.recycling.run());
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
    const { group, filters, link, consumer, announcer } = this;
    const { signal } = this.leaving;
    this.arrival = new Arrival({ ...options, filters }, consumer, announcer, signal);
    this.recycling = new Recycling({ ...options, filters }, link, consumer, announcer, signal);
    this.departure = new Departure({ ...options, group, filters }, link, consumer, announcer);
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
      if (!this.everOpened || !mayBeRefusal(error)) throw error;
      throw new SubscribeEndedConnectionError(this.filters, this.options.subscriptions.map(methodsOf), error);
    }
  }

  // --- the link's calls -----------------------------------------------------------------------------------------

  opened(wire: Wire): void {
    this.everOpened = true;
    this.arrival.opened(wire);
    this.consumer.attach(wire.sessionPresent);
    // The broker's answers come behind the messages of a resumed session, so those have to run meanwhile.
    if (!this.isLeaving) this.consumer.allowStarts();
  }

  async connected(wire: Wire): Promise<void> {
    if (!(await this.arrival.complete(wire))) return;
    const { clientId, events } = this.options;
    this.upSince = Date.now();
    events.emit({
      type: 'connected',
      connection: clientId,
      address: wire.address,
      sessionPresent: wire.sessionPresent,
      filters: this.filters,
      limits: wire.protocolVersion === 5 ? wire.limits : undefined,
    });
    if (!this.isLeaving) this.become('up');
  }

  publish(packet: InboundPublish): boolean {
    return this.consumer.receive(packet);
  }

  released(packetId: number): void {
    this.consumer.released(packetId);
  }

  ended(): void {
    this.consumer.detach();
    this.arrival.ended();
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
    this.arrival.announce(wire).catch(() => wire.destroy());
  }

  // --- status ---------------------------------------------------------------------------------------------------

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

  // --- closing --------------------------------------------------------------------------------------------------

  private get isLeaving(): boolean {
    return this.leaving.signal.aborted;
  }

  /** Leaves the group: see {@link Departure.leave}. */
  close(drainTimeout: number): Promise<number> {
    this.closing ??= this.leave(drainTimeout);
    return this.closing;
  }

  private async leave(drainTimeout: number): Promise<number> {
    this.leaving.abort();
    this.idleCheck.stop();
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
