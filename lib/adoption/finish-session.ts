import type { Consumer } from '../delivery/consumer.js';
import type { Wire } from '../session/wire.js';

/**
 * Handles what the broker had queued for this session alone. It comes before the broker's answer to a ping that follows
 * the last acknowledgement, and after `first`, what the broker was asked last. Rejects when the connection ends first.
 *
 * `pause`: milliseconds in which a broker that sends one message after another sends the next.
 *
 * Resolves, too, when what is held fills the window: the rest can come only on another connection.
 */
export async function finishBacklog(
  wire: Wire,
  consumer: Consumer,
  first: Promise<unknown>,
  pause: number,
): Promise<void> {
  let isOver = false;
  try {
    const finished = first.then(() => finishAll(wire, consumer, pause));
    await Promise.race([finished, consumer.whenStuck(() => isOver)]);
  } finally {
    isOver = true;
  }
}

async function finishAll(wire: Wire, consumer: Consumer, pause: number): Promise<void> {
  let seen: number;
  do {
    seen = consumer.snapshot().received;
    await consumer.whenSettled();
    await wire.ping();
    // At QoS 2 only PUBCOMP, the answer to the PUBREL that came before PINGRESP, makes room for more (section 4.9).
    await wire.ping();
    await untilReceived(wire, consumer, pause);
  } while (seen !== consumer.snapshot().received);
}

const LOOK_EVERY = 1_000;

/** Waits for the next message, for as long as the connection lives. */
async function untilReceived(wire: Wire, consumer: Consumer, milliseconds: number): Promise<void> {
  const seen = consumer.snapshot().received;
  for (let left = milliseconds; left > 0 && consumer.snapshot().received === seen; left -= LOOK_EVERY) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_EVERY, left)));
    await wire.ping();
  }
}
