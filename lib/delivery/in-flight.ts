import type { InboundPublish } from '../session/wire.js';
import type { Delivery } from './delivery.js';
import { PacketIdMap } from './packet-id-map.js';

/**
 * Which Packet Identifier stands for which message, over the connections of one session.
 *
 * Bounded: by the window for what is in flight, and by the Packet Identifiers there are (65,535) for what is left over
 * from earlier connections, where a newer message takes the place of an older one.
 */
export class InFlight {
  private current = new PacketIdMap<Delivery>();
  /** Taken in on an earlier connection, started, and not acknowledged there: a resend joins them. */
  private readonly carried = new Map<number, Delivery>();
  /** QoS 2: PUBREC was sent, PUBREL has not come. The message must not run again ([MQTT-4.3.3-10]). */
  private readonly unreleased = new Set<number>();

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

  dropCarried(packetId: number, delivery: Delivery): void {
    if (this.carried.get(packetId) === delivery) this.carried.delete(packetId);
  }

  /** The connection has ended. Returns what was in flight on it. */
  endConnection(keep: (delivery: Delivery) => boolean): Delivery[] {
    const ended: Delivery[] = [];
    this.current.forEach((delivery, packetId) => {
      ended.push(delivery);
      if (keep(delivery)) this.carried.set(packetId, delivery);
      else this.carried.delete(packetId);
    });
    this.current = new PacketIdMap();
    return ended;
  }

  /** The server has no memory of the session: nothing of it will be sent again. */
  endSession(): void {
    this.carried.clear();
    this.unreleased.clear();
  }
}
