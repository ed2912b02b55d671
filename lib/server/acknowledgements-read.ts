import { atMost } from '../deadline.js';
import type { Consumer } from '../delivery/consumer.js';
import type { Wire } from '../session/wire.js';

/**
 * Lets go what is acknowledged on a connection that is about to end, and waits until the broker has read it, for so many
 * milliseconds at the most. A broker that turns to DISCONNECT (Artemis) or to the next connection (Mosquitto) before the
 * last acknowledgements gives out again what was done.
 *
 * Arrivals must be discarded: a full window would keep PINGRESP from being read.
 */
export async function acknowledgementsRead(wire: Wire, consumer: Consumer, milliseconds: number): Promise<void> {
  consumer.leaveUnsettled();
  await atMost(wire.ping(), milliseconds);
}
