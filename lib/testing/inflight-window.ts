import { Fifo } from '../fifo.js';
import type { Delivery } from './message.js';

export interface InFlight {
  readonly packetId: number;
  readonly delivery: Delivery;
  /** `published` until PUBACK or PUBREC; `released` from PUBREC to PUBCOMP. */
  readonly state: 'published' | 'released';
  /** Sent on the present connection. */
  sent: boolean;
  /** Milliseconds of the clock, the last time. */
  sentAt: number;
}

const LAST_PACKET_ID = 65_535;

/**
 * Messages that were sent to a client and are not finished; their Packet Identifiers outlive the connection.
 * Kept in the order in which PUBLISH, or PUBREL after PUBREC, has to be sent again [MQTT-4.6.0-1].
 */
export class InflightWindow {
  readonly #entries = new Map<number, InFlight>();
  readonly #resend = new Fifo<InFlight>();
  #onWire = 0;
  #limit = 0;
  #paced = false;
  #lastPacketId = 0;

  get packetIds(): number[] {
    return [...this.#entries.keys()];
  }

  get limit(): number {
    return this.#limit;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  get hasRoom(): boolean {
    return (
      this.#onWire < this.#limit && this.#entries.size < LAST_PACKET_ID && (this.#paced || this.#resend.length === 0)
    );
  }

  get hasResends(): boolean {
    return this.#resend.length > 0;
  }

  get(packetId: number): InFlight | undefined {
    return this.#entries.get(packetId);
  }

  published(): InFlight[] {
    return [...this.#entries.values()].filter(({ state }) => state === 'published');
  }

  /** Of those sent on this connection and not acknowledged, the one that was sent longest ago. */
  longestAgo(): InFlight | undefined {
    let longest: InFlight | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'published' || !entry.sent) continue;
      if (longest === undefined || entry.sentAt < longest.sentAt) longest = entry;
    }
    return longest;
  }

  /**
   * A connection with this Receive Maximum is there; everything unfinished has to be sent again on it, before anything
   * new unless that is `paced`.
   */
  open(limit: number, { paced }: { paced: boolean }): void {
    this.close();
    this.#limit = limit;
    this.#paced = paced;
    const entries = [...this.#entries.values()];
    for (const entry of entries) if (entry.state === 'published') this.#resend.push(entry);
    for (const entry of entries) if (entry.state === 'released') this.#resend.push(entry);
  }

  close(): void {
    this.#limit = 0;
    this.#onWire = 0;
    this.#resend.keepOnly(() => false);
    for (const entry of this.#entries.values()) entry.sent = false;
  }

  /** The next one to send again, if the window allows it. */
  nextResend(): InFlight | undefined {
    while (this.#onWire < this.#limit) {
      const entry = this.#resend.shift();
      if (!entry) return undefined;
      if (this.#entries.get(entry.packetId) !== entry) continue;
      entry.sent = true;
      entry.sentAt = Date.now();
      this.#onWire++;
      return entry;
    }
    return undefined;
  }

  add(delivery: Delivery): InFlight {
    do {
      this.#lastPacketId = (this.#lastPacketId % LAST_PACKET_ID) + 1;
    } while (this.#entries.has(this.#lastPacketId));
    const entry: InFlight = {
      packetId: this.#lastPacketId,
      delivery,
      state: 'published',
      sent: true,
      sentAt: Date.now(),
    };
    this.#entries.set(entry.packetId, entry);
    this.#onWire++;
    return entry;
  }

  /** PUBREC came: from here on the message is the client's, and only PUBREL is left to say. */
  release(entry: InFlight): void {
    this.#entries.delete(entry.packetId); // so that PUBRELs are sent again in the order of their PUBRECs
    this.#entries.set(entry.packetId, { ...entry, state: 'released' });
  }

  finish(entry: InFlight): void {
    this.#entries.delete(entry.packetId);
    if (entry.sent) this.#onWire--;
  }
}
