import { ClientClosedError } from '../errors/client-closed.error.js';
import { OfflineQueueFullError } from '../errors/offline-queue-full.error.js';
import { quoted } from '../errors/quoted.js';
import { NO_MATCHING_SUBSCRIBERS } from '../session/reason-code.js';
import type { OutboundPublish, Wire } from '../session/wire.js';
import { validateTopicName } from '../topic/topic-name.js';
import { Fifo } from '../fifo.js';
import { InFlight } from './in-flight.js';
import { Outgoing, type Published } from './outgoing.js';
import { lostAtQoS0, refusalByBroker, refusalByLimits, refusalForLackOfSubscribers } from './refusal.js';
import { sendableMessage } from './sendable-message.js';

export const DEFAULT_OFFLINE_QUEUE = 10_000;

export interface PublisherOptions {
  /** How many messages may wait for a connection; default 10,000. */
  offlineQueue?: number;
}

export interface PublishOptions {
  /** Fail with 0x10 where the server says that nobody is subscribed. Servers say so on 5.0 only, and from QoS 1 on. */
  requireSubscribers?: boolean;
}

/**
 * Outgoing messages over one connection after the other, within what the server of each takes.
 *
 * In order of publishing. What is not confirmed when a connection ends is sent again on the next, ahead of newer
 * messages: a message arrives at least once (QoS 1 and 2), or at most once (QoS 0).
 */
export class Publisher {
  private readonly offlineQueue: number;
  private readonly waiting = new Fifo<Outgoing>();
  /** What an ended connection left unconfirmed. */
  private again = new Fifo<Outgoing>();
  private readonly inFlight = new InFlight();
  private wire: Wire | undefined;
  private pumping = false;
  private closed = false;
  private closing: Promise<void> | undefined;
  private onIdle: (() => void) | undefined;
  /** Some that wait are settled already. */
  private hasGivenUp = false;

  constructor({ offlineQueue = DEFAULT_OFFLINE_QUEUE }: PublisherOptions = {}) {
    this.offlineQueue = offlineQueue;
  }

  /** Whether what is sent now leaves now, as far as the server takes it. */
  get isConnected(): boolean {
    return this.wire !== undefined;
  }

  /** Messages that are neither confirmed nor refused. */
  get unsettled(): number {
    return this.inFlight.size + this.again.length + this.waiting.length;
  }

  /**
   * Resolves when the server has taken the message: PUBACK (QoS 1), PUBCOMP (QoS 2), written (QoS 0).
   *
   * Rejects with `PublishError`, `OfflineQueueFullError`, `ClientClosedError`, `InvalidTopicNameError` or
   * `InvalidMessageError`.
   */
  publish(message: OutboundPublish, options?: PublishOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.send(message, (error) => (error === undefined ? resolve() : reject(error)), options);
    });
  }

  /**
   * {@link publish} without a promise. `done` is called once, perhaps before this returns, and must not throw. Returns
   * what {@link giveUp} takes, unless the message was not even admitted.
   */
  send(message: OutboundPublish, done: Published, options: PublishOptions = {}): Outgoing | undefined {
    let sendable: OutboundPublish;
    try {
      sendable = this.admit(message);
    } catch (error) {
      done(error as Error);
      return undefined;
    }
    const outgoing = new Outgoing(sendable, done, options.requireSubscribers ?? false);
    this.waiting.push(outgoing);
    this.pump();
    return outgoing;
  }

  /** Settles the message with `error`, and does not send it (again). The server may have it all the same. */
  giveUp(outgoing: Outgoing, error: Error): void {
    outgoing.settle(error);
    this.hasGivenUp = true;
    for (const queue of [this.again, this.waiting]) {
      while (queue.first?.isSettled) queue.shift();
    }
    this.idleIfDone();
  }

  /** Nobody wants it any longer: it does not leave, or not again. What is under way has the outcome that it has. */
  forget(outgoing: Outgoing): void {
    if (outgoing.isSettled) return;
    if (this.inFlight.has(outgoing)) outgoing.isForgotten = true;
    else this.giveUp(outgoing, forgotten());
  }

  private admit(message: OutboundPublish): OutboundPublish {
    const { topic } = message;
    if (this.closed) throw new ClientClosedError(`A message to ${quoted(topic)} was not published`);
    validateTopicName(topic);
    const sendable = sendableMessage(message);
    if (this.wire === undefined && !this.hasRoomOffline()) throw new OfflineQueueFullError(topic, this.offlineQueue);
    return sendable;
  }

  private hasRoomOffline(): boolean {
    if (this.unsettled >= this.offlineQueue && this.hasGivenUp) {
      this.hasGivenUp = false;
      for (const queue of [this.again, this.waiting]) queue.keepOnly(({ isSettled }) => !isSettled);
    }
    return this.unsettled < this.offlineQueue;
  }

  /** A connection is ready: everything that waits leaves, within its limits. */
  connected(wire: Wire): void {
    this.wire = wire;
    this.inFlight.connected(wire);
    this.pump();
  }

  disconnected(): void {
    const { wire } = this;
    if (wire === undefined) return;
    this.wire = undefined;
    const unconfirmed = this.inFlight.drain();
    const left = unconfirmed.filter(
      ({ message, isSettled, isForgotten }) => message.qos > 0 && !isSettled && !isForgotten,
    );
    this.again = new Fifo([...left, ...this.again.drain()]);
    for (const outgoing of unconfirmed) {
      const { qos, topic } = outgoing.message;
      if (qos === 0) outgoing.settle(lostAtQoS0(wire.address, topic));
      else if (outgoing.isForgotten) outgoing.settle(forgotten());
    }
    this.idleIfDone();
  }

  /** There will be no connection for now: what waits for one is rejected. */
  abandon(error: Error): void {
    for (const outgoing of [...this.again.drain(), ...this.waiting.drain()]) outgoing.settle(error);
    this.idleIfDone();
  }

  /**
   * Takes no more messages, and resolves when all are confirmed; those that are not when `deadline` milliseconds have
   * passed, or when there is no connection, are rejected with `ClientClosedError`.
   */
  close(deadline: number): Promise<void> {
    this.closed = true;
    this.closing ??= this.finish(deadline);
    return this.closing;
  }

  private async finish(deadline: number): Promise<void> {
    if (this.wire !== undefined && this.unsettled > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline);
        this.onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wire = undefined;
    const left = [...this.inFlight.drain(), ...this.again.drain(), ...this.waiting.drain()];
    for (const outgoing of left) {
      outgoing.settle(new ClientClosedError(`A message to ${quoted(outgoing.message.topic)} was not confirmed`));
    }
  }

  private idleIfDone(): void {
    if (this.onIdle !== undefined && (this.wire === undefined || this.unsettled === 0)) this.onIdle();
  }

  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (this.sendNext());
    } finally {
      this.pumping = false;
    }
    this.idleIfDone();
  }

  private sendNext(): boolean {
    const { wire } = this;
    const queue = this.again.length > 0 ? this.again : this.waiting;
    const next = queue.first;
    if (wire === undefined || !wire.open || next === undefined || !this.inFlight.hasRoomFor(next)) return false;
    queue.shift();
    if (next.isSettled) return true;
    const refusal = refusalByLimits(next.message, wire);
    if (refusal === undefined) this.transmit(next, wire);
    else next.settle(refusal);
    return true;
  }

  private transmit(outgoing: Outgoing, wire: Wire): void {
    this.inFlight.add(outgoing);
    wire.publish(outgoing.message, (error, reasonCode) => {
      if (this.wire !== wire) return;
      this.inFlight.delete(outgoing);
      outgoing.settle(outcome(outgoing, wire, error, reasonCode));
      this.pump();
    });
  }
}

function forgotten(): Error {
  return new Error('Nobody waits for it any longer.');
}

function outcome(
  { message, requireSubscribers }: Outgoing,
  { address }: Wire,
  error: Error | undefined,
  reasonCode: number,
): Error | undefined {
  const { topic } = message;
  if (error !== undefined) return refusalByBroker(address, topic, reasonCode, error);
  if (reasonCode === NO_MATCHING_SUBSCRIBERS && requireSubscribers) return refusalForLackOfSubscribers(address, topic);
  return undefined;
}
