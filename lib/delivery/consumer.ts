import { PayloadTooLargeError } from '../errors/payload-too-large.error.js';
import { UnmatchedMessageError } from '../errors/unmatched-message.error.js';
import type { Settlement } from '../failure/failure-policy.js';
import type { EventBus } from '../observability/event-bus.js';
import type { FilterTrie } from '../routing/filter-trie.js';
import type { Acknowledgement, InboundPublish } from '../session/wire.js';
import { AckQueue, type AckOrder, type AckSlot } from './ack-queue.js';
import { Bag } from './bag.js';
import { ConsumerReport } from './consumer-report.js';
import type { ConsumerSnapshot } from './consumer-stats.js';
import { Delivery } from './delivery.js';
import { advance, Gate } from './gate.js';
import type { Route } from './handler.js';
import { InFlight } from './in-flight.js';
import type { KeyLanes } from './key-lanes.js';
import { type Failure, Runner } from './runner.js';

export interface ConsumerOptions {
  /** Client Identifier, for events. */
  readonly connection: string;
  readonly routes: FilterTrie<Route>;
  /** Takes what no other route matches; it has no handlers. */
  readonly unmatched: Route;
  readonly lanes: KeyLanes;
  readonly concurrency: number;
  /** Unacknowledged messages beyond which reading pauses. */
  readonly receiveMaximum: number;
  readonly ackOrder: AckOrder;
  /** Bytes. */
  readonly maxPayload: number;
  /** Whether this is a reply on its way to somebody else. */
  readonly isReply: (packet: InboundPublish) => boolean;
  readonly events: EventBus;
}

/** What a {@link Consumer} asks of the connection it serves. */
export interface ConsumerPort {
  acknowledge(acknowledgement: Acknowledgement): void;
  /** There is room again: go on reading. */
  resume(): void;
  /** A message is held, so that the broker must be made to deliver it again. */
  held(count: number): void;
}

/** Takes in the messages of one member of a group, over all its connections, and acknowledges them when they are done. */
export class Consumer {
  private readonly report: ConsumerReport;
  private readonly runner: Runner;
  private readonly slots: Gate;
  private readonly patternGates = new Map<Route, Gate>();
  private readonly inFlight = new InFlight();
  private readonly unsettled = new Bag<Delivery>();
  private acks: AckQueue;
  private paused = false;
  private discarding = false;
  private unsettledQoS0 = 0;
  private idleWaiters: (() => void)[] = [];
  constructor(
    private readonly options: ConsumerOptions,
    private readonly port: ConsumerPort,
  ) {
    this.report = new ConsumerReport(options.connection, options.unmatched, options.events);
    this.runner = new Runner(options.lanes, {
      started: (attempt) => this.report.started(attempt),
      failed: (attempt, error, retryIn) => this.report.failed(attempt, error, retryIn),
      settled: (delivery, settlement, failure) => this.settled(delivery, settlement, failure),
      idle: () => this.wakeIdleWaiters(),
    });
    this.slots = new Gate(options.concurrency);
    this.acks = this.newAckQueue();
  }

  // --- the connection -------------------------------------------------------------------------------------------

  /** A connection is up; called before its first PUBLISH. */
  attach(sessionPresent: boolean): void {
    if (!sessionPresent) this.inFlight.endSession();
    this.acks = this.newAckQueue();
  }

  /**
   * The connection has ended. What has not begun is forgotten, because the broker has it still; what runs goes on, and
   * is acknowledged if the broker sends it again in this session.
   */
  detach(): void {
    this.paused = false;
    this.acks.close();
    const notBegun = this.inFlight.endConnection(isWorthKeeping).filter(({ state }) => state === 'waiting');
    for (const delivery of notBegun) delivery.cancelled = true;
    for (const gate of new Set(notBegun.map(({ gates, passed }) => gates[passed]))) gate?.purge();
    for (const delivery of notBegun) {
      this.unsettled.remove(delivery.unsettledPlace);
      this.runner.leave(delivery);
    }
    this.wakeIdleWaiters();
  }

  private newAckQueue(): AckQueue {
    return new AckQueue(this.options.ackOrder, (slot) => this.writeAcknowledgement(slot));
  }

  private writeAcknowledgement(slot: Acknowledgement): void {
    const { packetId, qos, reasonCode } = slot;
    const delivery = this.inFlight.get(packetId);
    this.inFlight.acknowledged(packetId, qos === 2 && reasonCode < 0x80);
    this.port.acknowledge(slot);
    if (delivery !== undefined) this.report.acknowledged(delivery, reasonCode);
  }

  // --- arrival --------------------------------------------------------------------------------------------------

  /** Takes in a PUBLISH; `false` when no more should be read until the port is told to resume. */
  receive(packet: InboundPublish): boolean {
    if (this.discarding) return true;
    if (packet.qos === 0 || !this.isKnown(packet, packet.qos)) {
      if (this.options.isReply(packet)) this.ignoreReply(packet);
      else this.takeIn(packet);
    }
    return this.hasRoom();
  }

  /** Deals with a PUBLISH of a message that is in hand already. */
  private isKnown(packet: InboundPublish, qos: 1 | 2): boolean {
    const { packetId } = packet;
    const present = this.inFlight.get(packetId);
    if (present?.isResentAs(packet)) {
      this.report.joined(present);
      return true;
    }
    if (qos === 2 && this.inFlight.isUnreleased(packetId)) {
      this.acknowledgeAtOnce(packet, qos);
      return true;
    }
    const carried = this.inFlight.takeCarried(packet);
    if (carried === undefined) return false;
    carried.slot = this.acks.open(packetId, qos, performance.now());
    this.inFlight.add(packetId, carried);
    this.report.joined(carried);
    if (carried.settlement !== undefined) this.apply(carried, carried.slot, carried.settlement);
    return true;
  }

  private ignoreReply(packet: InboundPublish): void {
    this.report.replyIgnored(packet);
    if (packet.qos !== 0) this.acknowledgeAtOnce(packet, packet.qos);
  }

  private acknowledgeAtOnce({ packetId, dup }: InboundPublish, qos: 1 | 2): void {
    if (dup && this.acks.isReady(packetId)) return;
    this.acks.acknowledge(this.acks.open(packetId, qos, performance.now()), 0);
  }

  private takeIn(packet: InboundPublish): void {
    const { routes, unmatched, maxPayload, connection } = this.options;
    const route = routes.first(packet.topic) ?? unmatched;
    const delivery = new Delivery(packet, route, performance.now(), this.runner.begin);
    if (packet.qos === 0) {
      this.unsettledQoS0++;
    } else {
      delivery.slot = this.acks.open(packet.packetId, packet.qos, delivery.arrivedAt);
      this.inFlight.add(packet.packetId, delivery);
    }
    delivery.unsettledPlace = this.unsettled.add(delivery);
    this.report.received(delivery);
    if (route === unmatched) {
      this.runner.endFailed(delivery, new UnmatchedMessageError(packet.topic, connection));
    } else if (packet.payload.length > maxPayload) {
      this.runner.endFailed(delivery, new PayloadTooLargeError(packet.topic, packet.payload.length, maxPayload));
    } else {
      this.admit(delivery);
    }
  }

  private admit(delivery: Delivery): void {
    const { route } = delivery;
    const gates: Gate[] = [];
    if (route.orderBy !== undefined) {
      try {
        delivery.key = route.orderBy(delivery);
      } catch (error) {
        this.runner.endFailed(delivery, error);
        return;
      }
      gates.push(this.options.lanes.lane(delivery.key));
    }
    if (route.concurrency !== undefined) gates.push(this.patternGate(route, route.concurrency));
    gates.push(this.slots);
    delivery.gates = gates;
    advance(delivery);
  }

  private patternGate(route: Route, limit: number): Gate {
    let gate = this.patternGates.get(route);
    if (gate === undefined) {
      gate = new Gate(limit);
      this.patternGates.set(route, gate);
    }
    return gate;
  }

  /** PUBREL. */
  released(packetId: number): void {
    if (this.acks.isReady(packetId)) this.acks.withdraw(packetId);
    this.inFlight.released(packetId);
  }

  // --- the window -----------------------------------------------------------------------------------------------

  /** Whether nothing is read until messages in hand are settled. */
  get isPaused(): boolean {
    return this.paused;
  }

  private hasRoom(): boolean {
    if (this.inHand <= this.options.receiveMaximum) return true;
    this.paused = true;
    this.report.paused(this.inHand);
    this.wakeIdleWaiters();
    return false;
  }

  private resumeWithRoom(): void {
    if (!this.paused || this.inHand > this.options.receiveMaximum) return;
    this.paused = false;
    this.report.resumed();
    this.port.resume();
  }

  private get inHand(): number {
    return this.acks.unacknowledged + this.unsettledQoS0;
  }

  // --- settlement -----------------------------------------------------------------------------------------------

  private settled(delivery: Delivery, settlement: Settlement, failure: Failure | undefined): void {
    this.unsettled.remove(delivery.unsettledPlace);
    this.report.settled(delivery, settlement, failure);
    if (delivery.slot === undefined) this.unsettledQoS0--;
    else this.apply(delivery, delivery.slot, settlement);
    this.resumeWithRoom();
    this.wakeIdleWaiters();
  }

  private apply(delivery: Delivery, slot: AckSlot, settlement: Settlement): void {
    if (settlement.kind === 'hold') {
      this.inFlight.dropCarried(slot.packetId, delivery);
      if (slot.state !== 'open') return;
      this.acks.hold(slot);
      this.port.held(this.acks.held);
    } else if (!this.acks.acknowledge(slot, settlement.reasonCode)) {
      this.report.acknowledgementDropped(delivery);
    }
  }

  // --- closing --------------------------------------------------------------------------------------------------

  /** No handler is called from now on, until {@link allowStarts}. */
  holdStarts(): void {
    this.slots.setLimit(0);
  }

  allowStarts(): void {
    this.slots.setLimit(this.options.concurrency);
  }

  /** From now on what arrives is left to the broker, and reading never pauses. */
  discardArrivals(): void {
    this.discarding = true;
    if (this.paused) this.port.resume();
    this.paused = false;
  }

  whenNothingRuns(): Promise<void> {
    return this.when(() => this.runner.running === 0);
  }

  /** Resolves when every message that was taken in is settled. */
  whenSettled(): Promise<void> {
    return this.when(() => this.unsettled.size === 0);
  }

  /** Resolves when reading has paused and nothing in hand can end that: all of it is held. */
  whenStuck(): Promise<void> {
    return this.when(() => this.paused && this.unsettled.size === 0);
  }

  private async when(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  private wakeIdleWaiters(): void {
    if (this.idleWaiters.length === 0) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }

  /** Aborts the signals of all that runs, and every later attempt. */
  abort(reason: Error): void {
    this.slots.setLimit(0);
    for (const { retryTimer } of this.unsettled.members()) clearTimeout(retryTimer);
    this.runner.abortAll(reason);
  }

  snapshot(): ConsumerSnapshot {
    const oldest = this.acks.oldestArrival;
    return {
      ...this.report.counts,
      running: this.runner.running,
      waiting: this.unsettled.members().filter(({ state }) => state === 'waiting' || state === 'backoff').length,
      unsettled: this.inHand,
      held: this.acks.held,
      oldestHeldFor: oldest === undefined ? 0 : performance.now() - oldest,
    };
  }
}

/** A message that has begun and is not to be delivered again. */
function isWorthKeeping({ state, settlement }: Delivery): boolean {
  return state !== 'waiting' && settlement?.kind !== 'hold';
}
