import { PayloadTooLargeError } from '../errors/payload-too-large.error.js';
import { UnmatchedMessageError } from '../errors/unmatched-message.error.js';
import type { Settlement } from '../failure/failure-policy.js';
import type { EventBus } from '../observability/event-bus.js';
import type { FilterTrie } from '../routing/filter-trie.js';
import type { InboundPublish } from '../session/wire.js';
import type { Failure } from './attempt.js';
import { Admission } from './admission.js';
import { Bag } from '../bag.js';
import { Conditions } from './conditions.js';
import { ConsumerReport } from './consumer-report.js';
import type { ConsumerSnapshot } from './consumer-stats.js';
import { Delivery } from './delivery.js';
import { advance } from './gate.js';
import type { Route } from './handler.js';
import type { KeyLanes } from './key-lanes.js';
import { Owed, type OwedOptions, type OwedPort } from './owed.js';
import { Runner } from './runner.js';
import { Window } from './window.js';

export interface ConsumerOptions extends OwedOptions {
  /** Client Identifier, for events. */
  readonly connection: string;
  readonly routes: FilterTrie<Route>;
  /** Takes what no other route matches; it has no handlers. */
  readonly unmatched: Route;
  readonly lanes: KeyLanes;
  readonly concurrency: number;
  /** Bytes. */
  readonly maxPayload: number;
  /** Whether this is a reply on its way to somebody else. */
  readonly isReply: (packet: InboundPublish) => boolean;
  readonly events: EventBus;
}

/** What a {@link Consumer} asks of the connection it serves. */
export interface ConsumerPort extends OwedPort {
  /** There is room again: go on reading. */
  resume(): void;
}

/** Takes in the messages of one member of a group, over all its connections, and acknowledges them when they are done. */
export class Consumer {
  private readonly report: ConsumerReport;
  private readonly runner: Runner;
  private readonly admission: Admission;
  private readonly owed: Owed;
  private readonly window: Window;
  private readonly unsettled = new Bag<Delivery>();
  private discarding: 'no' | 'on this connection' | 'for good' = 'no';
  private readonly conditions = new Conditions();

  constructor(
    private readonly options: ConsumerOptions,
    port: ConsumerPort,
  ) {
    this.report = new ConsumerReport(options.connection, options.unmatched, options.events);
    this.runner = new Runner(options.lanes, {
      started: (attempt) => this.report.started(attempt),
      skipped: (attempt) => this.report.skipped(attempt),
      failed: (attempt, error, retryIn) => this.report.failed(attempt, error, retryIn),
      rejected: (attempt, error) => this.report.rejected(attempt, error),
      settled: (delivery, settlement, failure) => this.settled(delivery, settlement, failure),
      idle: () => this.conditions.changed(),
    });
    this.admission = new Admission(options.concurrency, options.lanes);
    this.owed = new Owed(options, port, this.report);
    this.window = new Window(options.receiveMaximum, this.owed, this.report, () => port.resume());
  }

  // --- the connection -------------------------------------------------------------------------------------------

  /** A connection is up; called before its first PUBLISH. */
  attach(sessionPresent: boolean): void {
    this.owed.attach(sessionPresent);
  }

  /**
   * The connection has ended. What has not begun is forgotten, because the broker has it still; what runs goes on, and
   * is acknowledged if the broker sends it again in this session.
   */
  detach(): void {
    this.window.reopen();
    if (this.discarding === 'on this connection') this.discarding = 'no';
    const notBegun = this.owed.detach().filter(({ state }) => state === 'waiting');
    for (const delivery of notBegun) delivery.cancelled = true;
    for (const gate of new Set(notBegun.map(({ gates, passed }) => gates[passed]))) gate?.purge();
    for (const delivery of notBegun) {
      this.unsettled.remove(delivery.unsettledPlace);
      this.runner.leave(delivery);
    }
    this.conditions.changed();
  }

  // --- arrival --------------------------------------------------------------------------------------------------

  /** Takes in a PUBLISH; `false` when no more should be read until the port is told to resume. */
  receive(packet: InboundPublish): boolean {
    if (this.discarding !== 'no') return true;
    if (packet.qos === 0) this.takeNew(packet, 0);
    else if (!this.owed.isKnown(packet, packet.qos)) this.takeOver(packet, packet.qos);
    const hasRoom = this.window.hasRoom();
    if (!hasRoom) this.conditions.changed();
    return hasRoom;
  }

  /** A message of an earlier connection goes on, or begins again with the attempts counted that it has had. */
  private takeOver(packet: InboundPublish, qos: 1 | 2): void {
    const carried = this.owed.carried(packet);
    if (carried === undefined || carried.beginsAgain) this.takeNew(packet, carried?.attemptNumber ?? 0);
    else this.owed.join(carried, packet.packetId, qos);
  }

  private takeNew(packet: InboundPublish, attemptsBefore: number): void {
    if (this.options.isReply(packet)) this.ignoreReply(packet);
    else this.takeIn(packet, attemptsBefore);
  }

  private ignoreReply(packet: InboundPublish): void {
    this.report.replyIgnored(packet);
    if (packet.qos !== 0) this.owed.acknowledgeAtOnce(packet, packet.qos);
  }

  private takeIn(packet: InboundPublish, attemptsBefore: number): void {
    const { routes, unmatched, maxPayload, connection } = this.options;
    const route = routes.first(packet.topic) ?? unmatched;
    const delivery = new Delivery(packet, route, performance.now(), attemptsBefore, this.runner.begin);
    if (packet.qos === 0) {
      this.window.enterQoS0();
    } else {
      this.owed.open(delivery, packet.packetId, packet.qos, delivery.arrivedAt);
    }
    delivery.unsettledPlace = this.unsettled.add(delivery);
    this.report.received(delivery);
    if (route === unmatched) {
      this.runner.endFailed(delivery, { error: new UnmatchedMessageError(packet.topic, connection) });
    } else if (packet.payload.length > maxPayload) {
      const error = new PayloadTooLargeError(packet.topic, packet.payload.length, maxPayload);
      this.runner.endFailed(delivery, { error });
    } else {
      this.admit(delivery);
    }
  }

  private admit(delivery: Delivery): void {
    try {
      delivery.gates = this.admission.gatesOf(delivery);
    } catch (error) {
      this.runner.endFailed(delivery, { error });
      return;
    }
    advance(delivery);
  }

  /** PUBREL. */
  released(packetId: number): void {
    this.owed.released(packetId);
  }

  // --- the window -----------------------------------------------------------------------------------------------

  /** Whether nothing is read until messages in hand are settled. */
  get isPaused(): boolean {
    return this.window.isPaused;
  }

  /** How often reading has paused. */
  get pauses(): number {
    return this.window.pauses;
  }

  // --- settlement -----------------------------------------------------------------------------------------------

  private settled(delivery: Delivery, settlement: Settlement, failure: Failure | undefined): void {
    this.unsettled.remove(delivery.unsettledPlace);
    this.report.settled(delivery, settlement, failure);
    if (delivery.slot === undefined) this.window.leaveQoS0();
    else this.owed.apply(delivery, delivery.slot, settlement);
    this.window.resumeWithRoom();
    this.conditions.changed();
  }

  // --- closing --------------------------------------------------------------------------------------------------

  /** No handler is called from now on, until {@link allowStarts}. */
  holdStarts(): void {
    this.admission.close();
  }

  allowStarts(): void {
    this.admission.open();
  }

  /**
   * Leaves to the broker what has failed and would be tried again only after so many milliseconds, now or later. Except
   * where it has a key: those behind it must not overtake it.
   */
  tryWithin(milliseconds: number): void {
    this.runner.tryWithin(milliseconds, this.unsettled.members());
  }

  /** The session is somebody else's: nothing that has failed, or does, is tried again here. */
  tryNoMore(): void {
    this.runner.tryNoMore(this.unsettled.members());
  }

  /** From now on what arrives, on this connection or for good, is left to the broker, and reading never pauses. */
  discardArrivals(when: 'on this connection' | 'for good'): void {
    this.discarding = when;
    this.window.ignore();
  }

  /** The connection is about to end: what is not settled stays with the broker, and what is waits for none of it. */
  leaveUnsettled(): void {
    this.owed.leaveOpen();
  }

  whenNothingRuns(): Promise<void> {
    return this.conditions.when(() => this.runner.running === 0);
  }

  /** Resolves when every message that was taken in is settled. */
  whenSettled(): Promise<void> {
    return this.conditions.when(() => this.unsettled.size === 0);
  }

  /** Resolves when reading has paused and nothing in hand can end that: all of it is held. Or when nobody waits any more. */
  whenStuck(isOver: () => boolean): Promise<void> {
    return this.conditions.when(() => isOver() || (this.window.isPaused && this.unsettled.size === 0));
  }

  /** Aborts the signals of all that runs, and every later attempt. */
  abort(reason: Error): void {
    this.admission.close();
    for (const { retryTimer } of this.unsettled.members()) clearTimeout(retryTimer);
    this.runner.abortAll(reason);
  }

  snapshot(): ConsumerSnapshot {
    const oldest = this.owed.oldestArrival;
    return {
      ...this.report.counts,
      running: this.runner.running,
      waiting: this.unsettled.members().filter(({ state }) => state === 'waiting' || state === 'backoff').length,
      unsettled: this.window.inHand,
      held: this.owed.held,
      oldestHeldFor: oldest === undefined ? 0 : performance.now() - oldest,
    };
  }
}
