import { finishBacklog } from '../adoption/finish-session.js';
import { atMost } from '../deadline.js';
import type { Consumer } from '../delivery/consumer.js';
import type { Wire } from '../session/wire.js';

/** Milliseconds without any progress, at the least, after which a clean session is not waited for any longer. */
const PATIENCE = 30_000;

/** Starts nothing more, and waits for what runs; but a handler that never ends must not keep all others from working. */
export async function finishRunning(consumer: Consumer, milliseconds: number): Promise<void> {
  consumer.holdStarts();
  await atMost(consumer.whenNothingRuns(), milliseconds);
}

/** Leaves the group and finishes all that a clean session has, which ends with its connection. */
export async function finishSession(wire: Wire, consumer: Consumer, filters: readonly string[]): Promise<void> {
  let isOver = false;
  const finished = finishBacklog(wire, consumer, wire.unsubscribe(filters), 0).finally(() => (isOver = true));
  for (let before = NaN; !isOver && before !== settled(consumer);) {
    before = settled(consumer);
    await atMost(finished, PATIENCE);
  }
}

function settled(consumer: Consumer): number {
  const { handled, failed } = consumer.snapshot();
  return handled + failed;
}

/** Mosquitto may turn to the next connection before it has read the acknowledgements of this one, and send them again. */
export async function acknowledgementsRead(wire: Wire, consumer: Consumer, milliseconds: number): Promise<void> {
  // A full window would keep PINGRESP from being read.
  consumer.discardArrivals('on this connection');
  consumer.leaveUnsettled();
  await atMost(wire.ping(), milliseconds);
}
