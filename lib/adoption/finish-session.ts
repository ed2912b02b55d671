import type { Consumer } from '../delivery/consumer.js';
import type { Wire } from '../session/wire.js';

/**
 * Handles what the broker had queued for this session alone. It comes before the broker's answer to a ping that follows
 * the last acknowledgement, and after `first`, what the broker was asked last. Rejects when the connection ends first.
 *
 * Resolves, too, when what is held fills the window: the rest can come only on another connection.
 */
export async function finishBacklog(wire: Wire, consumer: Consumer, first: Promise<unknown>): Promise<void> {
  await Promise.race([first.then(() => finishAll(wire, consumer)), consumer.whenStuck()]);
}

async function finishAll(wire: Wire, consumer: Consumer): Promise<void> {
  let seen: number;
  do {
    seen = consumer.snapshot().received;
    await consumer.whenSettled();
    await wire.ping();
    // At QoS 2 only PUBCOMP, the answer to the PUBREL that came before PINGRESP, makes room for more (section 4.9).
    await wire.ping();
  } while (seen !== consumer.snapshot().received);
}
