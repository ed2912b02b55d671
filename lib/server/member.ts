import { finishBacklog } from '../adoption/finish-session.js';
import type { Presence } from '../adoption/presence-message.js';
import { publishPresence } from '../adoption/publish-presence.js';
import type { SessionPresence } from '../adoption/session-presence.js';
import type { Backoff } from '../backoff.js';
import { Consumer, type ConsumerOptions } from '../delivery/consumer.js';
import type { ConsumerSnapshot } from '../delivery/consumer-stats.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import type { EventBus } from '../observability/event-bus.js';
import { Link, type LinkOwner } from '../session/link.js';
import type { InboundPublish, OutboundPublish, ProtocolVersion, Wire, WireClosed } from '../session/wire.js';
import { within } from '../deadline.js';
import type { OpenSession } from './connection-factory.js';
import { isRefusal, subscribeAll } from './grant.js';
import { Renewal } from './renewal.js';
import type { Subscription } from './subscription.js';

/** What a member says of its session, and hears of it. */
export interface OwnPresence {
  readonly session: SessionPresence;
  /** What this worker has heard last. */
  readonly last: () => Presence | undefined;
  /** What is retained by now. */
  readonly retained: () => Promise<Presence | undefined>;
}

export interface MemberOptions {
  readonly clientId: string;
  /** Where the broker is, as it may be shown. */
  readonly address: string;
  readonly subscriptions: readonly Subscription[];
  readonly allowDowngrade: boolean;
  readonly protocolVersion: ProtocolVersion;
  /** Whether the session outlives its connections. */
  readonly persistent: boolean;
  /** What other workers are told of the session, and what they were told last; where sessions are adopted. */
  readonly presence: OwnPresence | undefined;
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

/** Milliseconds that a close which ran out of time still spends on UNSUBSCRIBE, or on the end of its session. */
const LEAVE_TIMEOUT = 500;

/** One connection of the plan: a Client Identifier, its session, and the messages that come through it. */
export class Member implements LinkOwner {
  private readonly consumer: Consumer;
  private readonly link: Link;
  private readonly renewal: Renewal;
  private memberState: MemberState = 'connecting';
  /** The server's session has every subscription. */
  private subscribed = false;
  private draining = false;
  private everOpened = false;
  private sessionEnded = false;
  private closing: Promise<number> | undefined;
  private upSince: number | undefined;
  private current: Wire | undefined;
  private announcedOn: Wire | undefined;

  constructor(private readonly options: MemberOptions) {
    this.consumer = new Consumer(options.consumer, {
      acknowledge: (acknowledgement) => this.current?.acknowledge(acknowledgement),
      resume: () => this.current?.resume(),
      held: (count) => this.renewal.held(count),
    });
    this.renewal = new Renewal(options, () => this.renew());
    const { open, persistent, presence, reconnect } = options;
    this.link = new Link(
      (listener, signal) => open(listener, signal, { clean: !persistent, will: presence?.session.nextWill() }),
      this,
      reconnect,
    );
  }

  get clientId(): string {
    return this.options.clientId;
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
  start(): Promise<void> {
    return this.link.start();
  }

  // --- the link's calls -----------------------------------------------------------------------------------------

  opened(wire: Wire): void {
    this.current = wire;
    this.everOpened = true;
    if (!wire.sessionPresent) this.subscribed = false;
    this.consumer.attach(wire.sessionPresent);
    // The broker's answers come behind the messages of a resumed session, so those have to run meanwhile.
    if (!this.draining) this.consumer.allowStarts();
  }

  async connected(wire: Wire): Promise<void> {
    const { options } = this;
    const { sessionPresent } = wire;
    const filters = options.subscriptions.map(({ pattern }) => pattern);
    if (sessionPresent && !this.draining && (await this.wasAdopted())) this.subscribed = false;
    const old = this.filtersOfOldVersion(wire);
    // SUBACK can come behind a long backlog, and a session that nobody is known to be at is adopted meanwhile.
    const announced = sessionPresent ? this.announce(wire) : Promise.resolve();
    if (this.subscribed || this.draining) {
      if (this.subscribed) options.presence?.session.isSubscribed();
      await announced;
    } else {
      await Promise.all([announced, this.subscribe(wire, old)]);
      this.subscribed = true;
      options.presence?.session.isSubscribed();
      options.events.emit({ type: 'subscribed', connection: options.clientId, filters });
    }
    if (!sessionPresent) await this.announce(wire);
    this.upSince = Date.now();
    options.events.emit({ type: 'connected', connection: options.clientId, sessionPresent, filters });
    if (!this.draining) this.become('up');
  }

  private async subscribe(wire: Wire, old: readonly string[]): Promise<void> {
    const { address, subscriptions, allowDowngrade } = this.options;
    await this.answered(wire, subscribeAll(wire, address, subscriptions, allowDowngrade), 'SUBSCRIBE');
    if (old.length > 0) await wire.unsubscribe(old);
  }

  /** Waits for the broker's answer, for as long as it may have been sent and cannot be read. */
  private async answered(wire: Wire, answer: Promise<void>, packet: string): Promise<void> {
    const { address, clientId, answerTimeout } = this.options;
    const timeout = new NoAnswerError(address, clientId, packet, answerTimeout);
    for (;;) {
      try {
        await within(answer, answerTimeout, () => timeout);
        return;
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

  disconnected({ error }: WireClosed): void {
    this.current = undefined;
    this.consumer.detach();
    this.renewal.connectionEnded();
    const unexpected = this.renewal.isUnderWay ? undefined : error;
    const lived = this.upSince === undefined ? undefined : Date.now() - this.upSince;
    this.upSince = undefined;
    this.options.events.emit({ type: 'disconnected', connection: this.options.clientId, error: unexpected, lived });
    this.become(isRefusal(error) ? 'refused' : 'down');
  }

  // --- presence -------------------------------------------------------------------------------------------------

  /** Tells the other workers that somebody is at this session. */
  private async announce(wire: Wire): Promise<void> {
    const { presence, address } = this.options;
    if (presence === undefined || this.draining) return;
    this.announcedOn = wire;
    await this.answered(wire, publishPresence(wire, presence.session.message('alive'), address), 'PUBLISH');
  }

  /** Somebody else's word stands on this session: the will of an old connection, or an adopter that came too late. */
  reassert(retained: Presence): void {
    const { presence } = this.options;
    const wire = this.announcedOn;
    if (wire === undefined || wire !== this.current || this.draining) return;
    if (presence?.session.isCurrent(retained) !== false) return;
    // Without an answer the connection has ended or will, and the next one announces itself.
    this.announce(wire).catch(() => wire.destroy());
  }

  /** An adopter has been at this session, and unsubscribed. Assumed where it cannot be known. */
  private async wasAdopted(): Promise<boolean> {
    const { presence } = this.options;
    if (presence === undefined || !this.subscribed) return false;
    return !presence.session.isUntouched(await presence.retained());
  }

  /** A session is never left with a subscription that no handler of this version serves. */
  private filtersOfOldVersion(wire: Wire): string[] {
    if (!wire.sessionPresent || this.subscribed) return [];
    const current = new Set(this.options.subscriptions.map(({ pattern }) => pattern));
    return this.options.presence?.last()?.filters.filter((filter) => !current.has(filter)) ?? [];
  }

  /** Tells the other workers what becomes of the session that this worker leaves. */
  private async farewell(sessionEnds: boolean): Promise<void> {
    const { presence } = this.options;
    // Also where it has not been made usable: what it has said and subscribed to stands.
    const wire = this.current;
    if (presence === undefined || wire === undefined) return;
    await this.say(wire, sessionEnds ? presence.session.cleared : presence.session.message('gone'));
  }

  private sayGone(wire: Wire): void {
    const { presence, address } = this.options;
    if (presence === undefined) return;
    publishPresence(wire, presence.session.message('gone'), address).catch(() => {
      // Refused now where it was allowed before: the next connection says so.
    });
  }

  private say(wire: Wire, message: OutboundPublish): Promise<void> {
    return atMost(publishPresence(wire, message, this.options.address), LEAVE_TIMEOUT);
  }

  private become(state: MemberState): void {
    if (this.memberState === state) return;
    this.memberState = state;
    this.options.stateChanged();
  }

  /** Held messages come again only on another connection. */
  private async renew(): Promise<void> {
    const { events, clientId, redeliverAfter } = this.options;
    events.emit({ type: 'recycling', connection: clientId, held: this.consumer.snapshot().held });
    this.consumer.holdStarts();
    // A handler that never ends must not keep all others from working.
    await atMost(this.consumer.whenNothingRuns(), redeliverAfter);
    if (this.draining) return;
    // DISCONNECT discards the will, and this process may not come back.
    if (this.announcedOn?.open) this.sayGone(this.announcedOn);
    await this.link.recycle();
  }

  // --- closing --------------------------------------------------------------------------------------------------

  /**
   * Stops taking messages, finishes those in hand and those that only this session has, and ends the session if that
   * leaves nothing. Resolves by `drainTimeout` milliseconds in any case, with the number of messages left to the broker.
   */
  close(drainTimeout: number): Promise<number> {
    this.closing ??= this.leave(drainTimeout);
    return this.closing;
  }

  private async leave(drainTimeout: number): Promise<number> {
    this.draining = true;
    this.renewal.stop();
    const deadline = Date.now() + drainTimeout;
    const { running, waiting } = this.consumer.snapshot();
    this.options.events.emit({ type: 'draining', connection: this.clientId, running, waiting });
    const complete = await this.drain(drainTimeout);
    const left = this.consumer.snapshot().unsettled;
    this.consumer.discardArrivals();
    if (!complete) await this.leaveGroup();
    const over = complete && left === 0;
    this.sessionEnded = over;
    const wire = this.current;
    // On 3.1.1 the session outlives this connection, and is gone only with its presence.
    await this.farewell(over && this.options.protocolVersion === 5);
    // DISCONNECT discards the will, and nothing has been said on a connection that came up meanwhile.
    if (this.current !== wire) this.current?.destroy();
    await this.link.stop(over ? { sessionExpiryInterval: 0 } : undefined);
    this.consumer.detach();
    if (over && this.options.protocolVersion === 4) await this.endSession(deadline - Date.now());
    this.options.events.emit({ type: 'drained', connection: this.options.clientId, left });
    this.become('closed');
    return left;
  }

  /** `true` when nothing of the session is left to do. */
  private async drain(drainTimeout: number): Promise<boolean> {
    const timeout = new ShuttingDownError(drainTimeout);
    const complete = await within(this.finishEverything(), drainTimeout, () => timeout).catch(() => false);
    if (!complete) this.consumer.abort(timeout);
    return complete;
  }

  private async finishEverything(): Promise<boolean> {
    // A connection that ends meanwhile is worth one more; a broker that ends each must not be asked for ever.
    const left = (await this.finishConnection()) ?? (await this.finishConnection());
    if (left === undefined) await this.finishRunning();
    return left === 'nothing';
  }

  /** `undefined` when the connection ended before it was known what the session still has. */
  private async finishConnection(): Promise<'nothing' | 'something' | undefined> {
    await this.finishRunning();
    // A persistent session has to be ended on a connection, and may have gathered messages while there was none.
    const wire = this.options.persistent ? await this.link.reach() : this.link.wire;
    if (wire === undefined) return 'something';
    try {
      const unsubscribed = this.unsubscribe(wire);
      // Reading may have paused on a full window, and then UNSUBACK comes only after messages have been handled.
      this.consumer.allowStarts();
      await finishBacklog(wire, this.consumer, unsubscribed);
      return 'nothing';
    } catch {
      return undefined;
    }
  }

  private async finishRunning(): Promise<void> {
    this.consumer.holdStarts();
    await this.consumer.whenNothingRuns();
  }

  /** A session that stays behind would go on receiving its share of the group's messages. */
  private async leaveGroup(): Promise<void> {
    const wire = this.current;
    if (wire !== undefined) await atMost(this.unsubscribe(wire), LEAVE_TIMEOUT);
  }

  private unsubscribe(wire: Wire): Promise<void> {
    return wire.unsubscribe(this.options.subscriptions.map(({ pattern }) => pattern));
  }

  /**
   * Ends what {@link start} began where not all of it succeeded: what this connection was given meanwhile is finished
   * within `drainTimeout`, because nobody else may ever get it. `forget` ends the session in any case.
   */
  async abandon(forget: boolean, drainTimeout: number): Promise<void> {
    if (!this.everOpened) {
      await this.link.stop();
      this.become('closed');
      return;
    }
    await this.close(drainTimeout);
    if (forget && !this.sessionEnded) await this.endSession(this.options.answerTimeout);
  }

  /**
   * A clean session takes the place of this one and ends with its connection. For 3.1.1, where DISCONNECT cannot end a
   * session, and for a session whose connection is gone.
   */
  private async endSession(milliseconds: number): Promise<void> {
    const { persistent, address, clientId, open, events, presence } = this.options;
    if (!persistent) return;
    const patience = Math.max(LEAVE_TIMEOUT, milliseconds);
    const listener = { publish: () => true, released: () => {}, closed: () => {} };
    const opening = new AbortController();
    try {
      const wire = await within(
        open(listener, opening.signal, { clean: true }),
        patience,
        () => new NoAnswerError(address, clientId, 'CONNECT', patience),
      );
      if (presence !== undefined) await this.say(wire, presence.session.cleared);
      await wire.disconnect();
    } catch (error) {
      opening.abort();
      events.emit({ type: 'disconnected', connection: clientId, error: asError(error), lived: undefined });
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Waits for it, but not longer than `milliseconds`. */
async function atMost(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  await within(promise, milliseconds, () => new Error('It took too long.')).catch(() => {});
}
