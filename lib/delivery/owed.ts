import type { Settlement } from '../failure/failure-policy.js';
import type { Acknowledgement, InboundPublish } from '../session/wire.js';
import { type AckOrder, AckQueue, type AckSlot } from './ack-queue.js';
import type { ConsumerReport } from './consumer-report.js';
import type { Delivery } from './delivery.js';
import { InFlight } from './in-flight.js';

export interface OwedOptions {
  readonly ackOrder: AckOrder;
  /** Unacknowledged messages beyond which reading pauses. */
  readonly receiveMaximum: number;
  /** Whether an acknowledgement can carry a Reason Code: not on 3.1.1. */
  readonly reasonCodes: boolean;
}

/** What acknowledgements are written to. */
export interface OwedPort {
  acknowledge(acknowledgement: Acknowledgement): void;
  /** A message is held, so that the broker must be made to deliver it again. */
  held(count: number): void;
}

/** So many times the window of finished messages is remembered, in case that those of an earlier connection come again. */
const CARRIED_WINDOWS = 2;

/** The acknowledgements that the messages of one session are owed, over all its connections. */
export class Owed {
  private readonly inFlight: InFlight;
  private acks: AckQueue;

  constructor(
    private readonly options: OwedOptions,
    private readonly port: OwedPort,
    private readonly report: ConsumerReport,
  ) {
    this.inFlight = new InFlight(CARRIED_WINDOWS * options.receiveMaximum);
    this.acks = this.newAckQueue();
  }

  /** A connection is up. */
  attach(sessionPresent: boolean): void {
    if (!sessionPresent) this.inFlight.endSession();
    this.acks = this.newAckQueue();
  }

  /** The connection has ended: nothing leaves any more. Returns what was owed on it. */
  detach(): Delivery[] {
    this.acks.close();
    return this.inFlight.endConnection(isWorthKeeping);
  }

  private newAckQueue(): AckQueue {
    return new AckQueue(this.options.ackOrder, (slot) => this.write(slot));
  }

  private write(slot: Acknowledgement): void {
    const { packetId, qos, reasonCode } = slot;
    const delivery = this.inFlight.get(packetId);
    this.inFlight.acknowledged(packetId, qos === 2 && reasonCode < 0x80);
    this.port.acknowledge(slot);
    if (delivery !== undefined) this.report.acknowledged(delivery, reasonCode);
  }

  get unacknowledged(): number {
    return this.acks.unacknowledged;
  }

  get held(): number {
    return this.acks.held;
  }

  get oldestArrival(): number | undefined {
    return this.acks.oldestArrival;
  }

  /** Deals with a PUBLISH of a message that this connection has brought, or of one that is over but for PUBREL. */
  isKnown(packet: InboundPublish, qos: 1 | 2): boolean {
    const { packetId } = packet;
    const present = this.inFlight.get(packetId);
    if (present?.isResentAs(packet)) {
      this.report.joined(present);
      return true;
    }
    if (qos === 1 || !this.inFlight.isUnreleased(packetId)) return false;
    this.acknowledgeAtOnce(packet, qos);
    return true;
  }

  /** The message of an earlier connection that this PUBLISH is a resend of. */
  carried(packet: InboundPublish): Delivery | undefined {
    return this.inFlight.takeCarried(packet);
  }

  /** The acknowledgement that it was owed before is owed here now. */
  join(delivery: Delivery, packetId: number, qos: 1 | 2): void {
    const slot = this.open(delivery, packetId, qos, performance.now());
    this.report.joined(delivery);
    if (delivery.settlement !== undefined) this.apply(delivery, slot, delivery.settlement);
  }

  open(delivery: Delivery, packetId: number, qos: 1 | 2, arrivedAt: number): AckSlot {
    delivery.slot = this.acks.open(packetId, qos, arrivedAt);
    this.inFlight.add(packetId, delivery);
    return delivery.slot;
  }

  acknowledgeAtOnce({ packetId, dup }: InboundPublish, qos: 1 | 2): void {
    if (dup && this.acks.isReady(packetId)) return;
    this.acks.acknowledge(this.acks.open(packetId, qos, performance.now()), 0);
  }

  apply(delivery: Delivery, slot: AckSlot, settlement: Settlement): void {
    if (settlement.kind === 'hold') {
      if (slot.state !== 'open') return;
      this.acks.hold(slot);
      this.port.held(this.acks.held);
    } else if (!this.acks.acknowledge(slot, this.options.reasonCodes ? settlement.reasonCode : 0)) {
      this.report.acknowledgementDropped(delivery);
    }
  }

  /** What is settled is acknowledged now, whatever came before it. */
  leaveOpen(): void {
    this.acks.holdAll();
  }

  /** PUBREL. */
  released(packetId: number): void {
    if (this.acks.isReady(packetId)) this.acks.withdraw(packetId);
    this.inFlight.released(packetId);
  }
}

/** What a resend can join, or go on counting the attempts of. */
function isWorthKeeping({ state, beginsAgain, attemptNumber }: Delivery): boolean {
  return attemptNumber > 0 || (state !== 'waiting' && !beginsAgain);
}
