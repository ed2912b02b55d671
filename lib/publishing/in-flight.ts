import { Bag } from '../bag.js';
import type { Wire } from '../session/wire.js';
import type { Outgoing } from './outgoing.js';

/** More at once gains nothing, and some brokers slow down. */
const MOST_IN_FLIGHT = 1_000;

/**
 * On 3.1.1 a server cannot say how many it takes: Mosquitto 2.0 confirms 300 QoS 2 messages sent at once and drops all
 * but 20. Messages of QoS 1 it takes.
 */
const MOST_QOS_2_ON_3_1_1 = 10;

/** Messages of QoS 0 that are handed over and not written: beyond that the socket does not keep up. */
const MOST_UNWRITTEN = 100;

/** What the server has not confirmed, and whether it takes more ([MQTT-3.3.4-9]). */
export class InFlight {
  private readonly messages = new Bag<Outgoing>();
  private added = 0;
  private unwritten = 0;
  private receiveMaximum = 0;
  private receiveMaximumOfQoS2 = 0;

  get size(): number {
    return this.messages.size;
  }

  connected({ limits, protocolVersion }: Wire): void {
    this.receiveMaximum = Math.min(limits.receiveMaximum, MOST_IN_FLIGHT);
    this.receiveMaximumOfQoS2 = protocolVersion === 4 ? MOST_QOS_2_ON_3_1_1 : this.receiveMaximum;
  }

  hasRoomFor({ message }: Outgoing): boolean {
    if (message.qos === 0) return this.unwritten < MOST_UNWRITTEN;
    return this.messages.size - this.unwritten < (message.qos === 2 ? this.receiveMaximumOfQoS2 : this.receiveMaximum);
  }

  has({ place }: Outgoing): boolean {
    return place !== undefined && place.index !== -1;
  }

  add(outgoing: Outgoing): void {
    outgoing.number = ++this.added;
    outgoing.place = this.messages.add(outgoing);
    if (outgoing.message.qos === 0) this.unwritten++;
  }

  delete(outgoing: Outgoing): void {
    this.messages.remove(outgoing.place);
    if (outgoing.message.qos === 0) this.unwritten--;
  }

  /** Everything, in the order of sending; nothing is in flight afterwards. */
  drain(): Outgoing[] {
    const all = this.messages.members().sort((a, b) => a.number - b.number);
    for (const { place } of all) this.messages.remove(place);
    this.unwritten = 0;
    return all;
  }
}
