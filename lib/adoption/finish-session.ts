import type { Consumer } from '../delivery/consumer.js';
import type { Wire } from '../session/wire.js';

/**
 * Handles what the broker had queued for this session alone. It comes before the broker's answer to a ping that follows
 * the last acknowledgement. Rejects when the connection ends first.
 */
export async function finishBacklog(wire: Wire, consumer: Consumer): Promise<void> {
  let seen: number;
  do {
    seen = consumer.snapshot().received;
    await consumer.whenSettled();
    await wire.ping();
    // At QoS 2 only PUBCOMP, the answer to the PUBREL that came before PINGRESP, makes room for more (section 4.9).
    await wire.ping();
  } while (seen !== consumer.snapshot().received);
}
