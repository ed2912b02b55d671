import type { Acknowledgement } from '../session/wire.js';
import { Fifo } from '../fifo.js';
import { PacketIdMap } from '../packet-id-map.js';

export type AckOrder = 'arrival' | 'completion';

/**
 * The acknowledgement that one received PUBLISH is owed.
 *
 * `open` until the message is settled; `ready` when it may leave and waits for its turn; `held` when it is never to
 * leave; `gone` when it has been written; `fenced` when its connection ended before, or when the server has given its
 * Packet Identifier to another message.
 */
export interface AckSlot {
  state: 'open' | 'ready' | 'held' | 'gone' | 'fenced';
  reasonCode: number;
  readonly packetId: number;
  readonly qos: 1 | 2;
  /** Milliseconds on a monotonic clock. */
  readonly arrivedAt: number;
}

/** What left out of its turn stays in the queue behind one that is open; beyond this many it is taken out. */
const SPARE_SLOTS = 64;

/**
 * The acknowledgements of one network connection, released in the order in which the messages arrived
 * ([MQTT-4.6.0-2] for PUBACK, [MQTT-4.6.0-3] for PUBREC). It dies with its connection, so nothing in it can reach
 * another one.
 */
export class AckQueue {
  private readonly slots = new Fifo<AckSlot>();
  private readonly owed = new PacketIdMap<AckSlot>();
  private heldCount = 0;

  constructor(
    private readonly order: AckOrder,
    private readonly write: (acknowledgement: Acknowledgement) => void,
  ) {}

  /** Messages that the server counts as in flight to this connection, held ones included. */
  get unacknowledged(): number {
    return this.owed.size;
  }

  get held(): number {
    return this.heldCount;
  }

  /** When the message arrived that has waited longest for its acknowledgement, held ones aside. */
  get oldestArrival(): number | undefined {
    return this.slots.first?.arrivedAt;
  }

  /** Whether an acknowledgement under this Packet Identifier waits for its turn. */
  isReady(packetId: number): boolean {
    return this.owed.get(packetId)?.state === 'ready';
  }

  /**
   * A server that uses a Packet Identifier again holds the exchange it stood for to be over, so what was still to be
   * acknowledged under it no longer is: it would stand for the new message.
   */
  open(packetId: number, qos: 1 | 2, arrivedAt: number): AckSlot {
    this.withdraw(packetId);
    const slot: AckSlot = { state: 'open', reasonCode: 0, packetId, qos, arrivedAt };
    this.slots.push(slot);
    this.owed.set(packetId, slot);
    return slot;
  }

  /** The server does not wait for an acknowledgement under this Packet Identifier any more. */
  withdraw(packetId: number): void {
    const slot = this.owed.get(packetId);
    if (slot === undefined) return;
    if (slot.state === 'held') this.heldCount--;
    slot.state = 'fenced';
    this.forget(slot);
    this.release();
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

  /** {@link hold} for everything that is not settled. */
  holdAll(): void {
    this.owed.forEach((slot) => this.hold(slot));
  }

  /** The connection has ended: nothing leaves any more. */
  close(): void {
    this.owed.forEach((slot) => (slot.state = 'fenced'));
  }

  private release(): void {
    for (let slot = this.slots.first; slot !== undefined && slot.state !== 'open'; slot = this.slots.first) {
      this.slots.shift();
      if (slot.state === 'ready') this.send(slot);
    }
  }

  private send(slot: AckSlot): void {
    slot.state = 'gone';
    this.forget(slot);
    this.write(slot);
  }

  private forget(slot: AckSlot): void {
    this.owed.delete(slot.packetId);
    if (this.slots.length > 2 * this.owed.size + SPARE_SLOTS) this.slots.keepOnly(isQueued);
  }
}

function isQueued({ state }: AckSlot): boolean {
  return state === 'open' || state === 'ready';
}
