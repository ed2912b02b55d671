import type { InboundPublish } from '../session/wire.js';
import type { Delivery } from './delivery.js';
import { PacketIdMap } from '../packet-id-map.js';

/**
 * Which Packet Identifier stands for which message, over the connections of one session.
 *
 * Bounded: by the window for what is in flight, by what still runs for what an earlier connection left unfinished, and by
 * `carriedLimit` for what that left finished. A server that gives a message back under another Packet Identifier never
 * asks for the latter.
 */
export class InFlight {
  private current = new PacketIdMap<Delivery>();
  /** Taken in on an earlier connection and not acknowledged there, oldest first. */
  private readonly carried = new Map<number, Delivery>();
  /** QoS 2: PUBREC was sent, PUBREL has not come. The message must not run again ([MQTT-4.3.3-10]). */
  private readonly unreleased = new Set<number>();

  constructor(private readonly carriedLimit: number) {}

  get(packetId: number): Delivery | undefined {
    return this.current.get(packetId);
  }

  add(packetId: number, delivery: Delivery): void {
    this.current.set(packetId, delivery);
  }

  acknowledged(packetId: number, awaitsRelease: boolean): void {
    this.current.delete(packetId);
    if (awaitsRelease) this.unreleased.add(packetId);
  }

  released(packetId: number): void {
    this.unreleased.delete(packetId);
  }

  isUnreleased(packetId: number): boolean {
    return this.unreleased.has(packetId);
  }

  /** The message that this PUBLISH is a resend of; a new message under the same Packet Identifier ends the wait for it. */
  takeCarried(packet: InboundPublish): Delivery | undefined {
    const delivery = this.carried.get(packet.packetId);
    if (delivery === undefined) return undefined;
    this.carried.delete(packet.packetId);
    return packet.dup && delivery.isResentAs(packet) ? delivery : undefined;
  }

  /** The connection has ended. Returns what was in flight on it. */
  endConnection(keep: (delivery: Delivery) => boolean): Delivery[] {
    const ended: Delivery[] = [];
    this.current.forEach((delivery, packetId) => {
      ended.push(delivery);
      this.carried.delete(packetId);
      if (keep(delivery)) this.carried.set(packetId, delivery);
    });
    this.current = new PacketIdMap();
    this.limitCarried();
    return ended;
  }

  private limitCarried(): void {
    let excess = this.carried.size - this.carriedLimit;
    for (const [packetId, { isUnfinished }] of this.carried) {
      if (excess <= 0) return;
      if (isUnfinished) continue;
      this.carried.delete(packetId);
      excess--;
    }
  }

  /** The server has no memory of the session: nothing of it will be sent again. */
  endSession(): void {
    this.carried.clear();
    this.unreleased.clear();
  }
}
