import type { BrokerEvents, DropReason } from './broker-events.js';
import type { Connection } from './connection.js';
import { Fifo } from '../fifo.js';
import { type InFlight, InflightWindow } from './inflight-window.js';
import { about, type Delivery, hasExpired, type Message, publishPacket } from './message.js';
import type { ProtocolVersion } from './packets.js';
import { ReasonCode } from './reason-code.js';
import { Resends } from './resends.js';
import type { Terms } from './share.js';
import type { SharedGroup, SharedMember } from './shared-group.js';
import type { Subscription } from './subscription.js';
import type { Will } from './will.js';

/** What the server keeps of a client beyond its connection (section 4.1). */
export class Session implements SharedMember {
  readonly subscriptions = new Map<string, Subscription>();
  readonly groups = new Set<SharedGroup<Session, Message>>();
  /** Packet Identifiers of QoS 2 messages that arrived and were not released yet. */
  readonly received = new Set<number>();
  protocolVersion: ProtocolVersion = 4;
  /** Session Expiry Interval in seconds; `Infinity` for never, 0 for the end of the connection. */
  expiryInterval = 0;
  will: Will | undefined;

  readonly #window = new InflightWindow();
  readonly #queue = new Fifo<Delivery>();
  readonly #resends: Resends | undefined;
  /** The last one of {@link deliverOnce}. */
  #latest: Message | undefined;
  #connection: Connection | undefined;

  constructor(
    readonly clientId: string,
    readonly events: BrokerEvents,
    readonly terms: Terms,
  ) {
    const { resends } = terms.behaviour;
    const send = (entry: InFlight): void => this.#sendAgain(entry);
    this.#resends = resends && new Resends(resends, this.#window, send, () => this.subscriptions.size > 0);
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  get hasRoom(): boolean {
    return this.#queue.length === 0 && this.#window.hasRoom;
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#window.isEmpty;
  }

  get capacity(): number {
    return this.#window.limit;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get inFlight(): number[] {
    return this.#window.packetIds;
  }

  /** The client is here; sends again what it has not finished, then what has waited. */
  attach(connection: Connection): void {
    this.#connection = connection;
    this.protocolVersion = connection.protocolVersion;
    this.#window.open(connection.receiveMaximum, { paced: this.#resends !== undefined });
    this.#resends?.start();
    this.#pump();
  }

  detach(): void {
    this.#connection = undefined;
    this.stopClocks();
    this.#window.close();
    this.#changed();
  }

  stopClocks(): void {
    this.#resends?.stop();
  }

  /** As {@link deliver}, for one of possibly several subscriptions that match a message that was just published. */
  deliverOnce(delivery: Delivery): void {
    const { message } = delivery;
    if (this.#latest === message && this.terms.behaviour.oneCopyOn.includes(this.protocolVersion)) return;
    this.#latest = message;
    this.deliver(delivery);
  }

  /** A message for this client: sent, or queued; at QoS 0 nothing waits for a client that is away. */
  deliver(delivery: Delivery): void {
    const { behaviour, maxQueuedMessages } = this.terms;
    if (delivery.qos === 0) {
      if (this.#connection) this.#sendOnce(delivery);
      else this.#drop(delivery, 'offline');
      return;
    }
    const shared = delivery.share !== undefined;
    if (this.hasRoom) this.#publish(delivery);
    else if (shared && behaviour.losesShareOffline && !this.connected) this.#drop(delivery, 'offline');
    else if (shared && behaviour.receiveMaximum === 'drops' && this.connected) this.#drop(delivery, 'receive-maximum');
    else if (this.#queue.length < maxQueuedMessages) this.#queue.push(delivery);
    else this.#drop(delivery, 'queue-full');
    this.#changed();
  }

  /** As {@link deliver}, for a message that the broker has taken on before: no bound applies. */
  inherit(delivery: Delivery): void {
    if (delivery.qos === 0) return this.deliver(delivery);
    if (this.hasRoom) this.#publish(delivery);
    else this.#queue.push(delivery);
    this.#changed();
  }

  /** PUBACK or PUBREC: the client has taken the message, or has refused it for good. */
  acknowledge(packetId: number, qos: 1 | 2, reasonCode: number): void {
    const entry = this.#window.get(packetId);
    const pending = entry?.sent && entry.delivery.qos === qos ? entry : undefined;
    if (pending?.state === 'published') {
      const { message } = pending.delivery;
      const { clientId } = this;
      this.events.emit('acknowledge', () => ({ ...about(message), clientId, packetId, qos, reasonCode }));
    }
    const failed = reasonCode >= ReasonCode.unspecifiedError;
    if (qos === 2 && !failed) {
      if (pending?.state === 'published') this.#window.release(pending);
      // an unknown one is answered as well: the client cannot forget it before PUBREL
      const reason = pending ? ReasonCode.success : ReasonCode.packetIdentifierNotFound;
      this.#connection?.send({ cmd: 'pubrel', messageId: packetId, reasonCode: reason });
      return;
    }
    if (pending?.state === 'published') this.#finish(pending);
  }

  /** PUBCOMP. */
  complete(packetId: number): void {
    const entry = this.#window.get(packetId);
    if (entry?.sent && entry.state === 'released') this.#finish(entry);
  }

  /** Sends what is unacknowledged once more on the live connection. */
  resend(): void {
    for (const entry of this.#window.published()) {
      if (entry.sent) this.#sendAgain(entry);
    }
  }

  /**
   * Offers every unfinished delivery, oldest first, and forgets those that the taker takes. A message past PUBREC is
   * the client's already and is not offered.
   */
  surrender(take: (delivery: Delivery) => boolean): void {
    for (const entry of this.#window.published()) {
      if (take(entry.delivery)) this.#window.finish(entry);
    }
    this.#queue.keepOnly((delivery) => !take(delivery));
    this.#changed();
  }

  /** The session has ended: what nobody took over is gone. */
  discard(): void {
    this.surrender((delivery) => {
      this.#drop(delivery, 'session-ended');
      return true;
    });
  }

  #finish(entry: InFlight): void {
    this.#window.finish(entry);
    entry.delivery.group?.finished();
    this.#pump(this.terms.behaviour.acknowledgementFrees === 'a whole window' ? this.capacity : 0);
  }

  /** Sends what there is room for, and of what waits at least as many as were `freed`, whatever the room. */
  #pump(freed = 0): void {
    if (!this.#resends) {
      for (let entry = this.#window.nextResend(); entry; entry = this.#window.nextResend()) this.#sendAgain(entry);
    }
    for (let sent = 0; this.#queue.length > 0 && (sent < freed || this.#window.hasRoom); sent++) {
      const delivery = this.#queue.shift();
      if (delivery) this.#publish(delivery);
    }
    this.#changed();
  }

  #publish(delivery: Delivery): void {
    if (hasExpired(delivery.message)) return this.#drop(delivery, 'expired');
    if (this.#connection && !this.#connection.accepts(delivery)) return this.#drop(delivery, 'too-large');
    const { packetId } = this.#window.add(delivery);
    this.#send(delivery, packetId, false);
    this.#resends?.watch();
  }

  #sendAgain({ state, delivery, packetId }: InFlight): void {
    if (state === 'published') this.#send(delivery, packetId, true);
    else this.#connection?.send({ cmd: 'pubrel', messageId: packetId, reasonCode: ReasonCode.success });
    this.#resends?.watch();
  }

  #sendOnce(delivery: Delivery): void {
    if (!this.#connection?.accepts(delivery)) return this.#drop(delivery, 'too-large');
    this.#send(delivery, 0, false);
    delivery.group?.finished();
  }

  #send(delivery: Delivery, packetId: number, dup: boolean): void {
    const connection = this.#connection;
    if (!connection) return;
    connection.send(publishPacket(delivery, packetId, dup, connection.protocolVersion));
    const { message, qos, retain, share } = delivery;
    const { clientId } = this;
    this.events.emit('deliver', () => ({ ...about(message), clientId, packetId, dup, qos, retain, share }));
  }

  #drop({ message, share, group }: Delivery, reason: DropReason): void {
    group?.finished();
    const { clientId } = this;
    this.events.emit('drop', () => ({ ...about(message), clientId, reason, share }));
  }

  #changed(): void {
    for (const group of this.groups) group.changed(this);
  }
}
