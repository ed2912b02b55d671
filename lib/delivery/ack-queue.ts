import type { Acknowledgement } from '../session/wire.js';
import { Fifo } from './fifo.js';

export type AckOrder = 'arrival' | 'completion';

/**
 * The acknowledgement that one received PUBLISH is owed.
 *
 * `open` until the message is settled; `ready` when it may leave and waits for its turn; `held` when it is never to
 * leave; `gone` when it has been written; `fenced` when its connection ended before.
 */
export interface AckSlot {
  state: 'open' | 'ready' | 'held' | 'gone' | 'fenced';
  reasonCode: number;
  readonly packetId: number;
  readonly qos: 1 | 2;
  /** Milliseconds on a monotonic clock. */
  readonly arrivedAt: number;
}

/**
 * The acknowledgements of one network connection, released in the order in which the messages arrived
 * ([MQTT-4.6.0-2] for PUBACK, [MQTT-4.6.0-3] for PUBREC). It dies with its connection, so nothing in it can reach
 * another one.
 */
export class AckQueue {
  private readonly slots = new Fifo<AckSlot>();
  private unacknowledgedCount = 0;
  private heldCount = 0;

  constructor(
    private readonly order: AckOrder,
    private readonly write: (acknowledgement: Acknowledgement) => void,
  ) {}

  /** Messages that the server counts as in flight to this connection, held ones included. */
  get unacknowledged(): number {
    return this.unacknowledgedCount;
  }

  get held(): number {
    return this.heldCount;
  }

  /** When the message arrived that has waited longest for its acknowledgement, held ones aside. */
  get oldestArrival(): number | undefined {
    return this.slots.first?.arrivedAt;
  }

  open(packetId: number, qos: 1 | 2, arrivedAt: number): AckSlot {
    const slot: AckSlot = { state: 'open', reasonCode: 0, packetId, qos, arrivedAt };
    this.slots.push(slot);
    this.unacknowledgedCount++;
    return slot;
  }

  /** `false` when the connection has ended, and the acknowledgement with it. */
  acknowledge(slot: AckSlot, reasonCode: number): boolean {
    if (slot.state !== 'open') return false;
    slot.reasonCode = reasonCode;
    slot.state = 'ready';
    if (this.order === 'completion') this.send(slot);
    this.release();
    return true;
  }

  /** Leaves the message unacknowledged for as long as the connection lives; later ones do not wait for it. */
  hold(slot: AckSlot): void {
    if (slot.state !== 'open') return;
    slot.state = 'held';
    this.heldCount++;
    this.release();
  }

  /** The server has given its Packet Identifier to another message: acknowledging this one would be about that one. */
  abandon(slot: AckSlot): void {
    if (slot.state === 'gone' || slot.state === 'fenced') return;
    if (slot.state === 'held') this.heldCount--;
    this.unacknowledgedCount--;
    slot.state = 'fenced';
    this.release();
  }

  /** The connection has ended: nothing leaves any more. */
  close(): void {
    for (let slot = this.slots.shift(); slot !== undefined; slot = this.slots.shift()) {
      if (slot.state !== 'gone') slot.state = 'fenced';
    }
  }

  private release(): void {
    for (let slot = this.slots.first; slot !== undefined && slot.state !== 'open'; slot = this.slots.first) {
      this.slots.shift();
      if (slot.state === 'ready') this.send(slot);
    }
  }

  private send(slot: AckSlot): void {
    slot.state = 'gone';
    this.unacknowledgedCount--;
    this.write(slot);
  }
}
