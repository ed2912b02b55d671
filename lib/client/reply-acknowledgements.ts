import type { Acknowledgement, Wire } from '../session/wire.js';

/** Milliseconds. TCP puts a confirmation off for 40 while it takes the connection for one on which answers follow at once. */
const LONGEST = 100;

/**
 * The acknowledgements of replies. That of the reply behind which no request waits is
 * held back until the next request is confirmed.
 *
 * Without TCP_NODELAY, which Mosquitto leaves off, a broker that has written the PUBACK of a request cannot write the reply
 * before our TCP has confirmed that PUBACK, and by itself it does so 40 ms later, unless something is written that carries
 * the confirmation. That is what is held back for it.
 */
export class ReplyAcknowledgements {
  private held: { readonly wire: Wire; readonly acknowledgement: Acknowledgement } | undefined;
  private timer: NodeJS.Timeout | undefined;

  add(wire: Wire, acknowledgement: Acknowledgement): void {
    this.release();
    wire.acknowledge(acknowledgement);
  }

  /** {@link add} with the next {@link release}, or when nothing has been held back for 100 ms. */
  hold(wire: Wire, acknowledgement: Acknowledgement): void {
    this.release();
    this.held = { wire, acknowledgement };
    if (this.timer === undefined) this.timer = setTimeout(() => this.release(), LONGEST).unref();
    else this.timer.refresh();
  }

  release(): void {
    if (this.held === undefined) return;
    const { wire, acknowledgement } = this.held;
    this.held = undefined;
    wire.acknowledge(acknowledgement);
  }

  close(): void {
    this.release();
    clearTimeout(this.timer);
  }
}
