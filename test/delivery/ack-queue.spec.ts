import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { AckQueue, type AckSlot } from '../../lib/delivery/ack-queue.js';
import { promisesToSettle } from './routes.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('AckQueue', () => {
  it('keeps nothing of what was acknowledged out of turn behind a message that never is', async () => {
    const written: number[] = [];
    const queue = new AckQueue('completion', ({ packetId }) => written.push(packetId));
    queue.open(1, 1, 0);
    const slots: WeakRef<AckSlot>[] = [];
    for (let i = 0; i < 5_000; i++) {
      const slot = queue.open(2 + (i % 20), 1, 0);
      slots.push(new WeakRef(slot));
      queue.acknowledge(slot, 0);
    }
    // What a WeakRef was made of in this turn stays for as long as the turn.
    await promisesToSettle();
    collectGarbage();
    expect(written).toHaveLength(5_000);
    expect(slots.filter((slot) => slot.deref() !== undefined).length).toBeLessThan(200);
    expect(queue.unacknowledged).toBe(1);
  });

  it('knows which message has waited longest, whatever left before it', () => {
    const queue = new AckQueue('completion', () => {});
    const [first, second] = [queue.open(1, 1, 100), queue.open(2, 2, 200), queue.open(3, 1, 300)];
    expect(queue.oldestArrival).toBe(100);
    queue.acknowledge(second, 0);
    expect(queue.oldestArrival).toBe(100);
    queue.hold(first);
    expect([queue.oldestArrival, queue.unacknowledged, queue.held]).toEqual([300, 2, 1]);
  });

  it('lets nothing out after the connection has ended', () => {
    const written: number[] = [];
    const queue = new AckQueue('arrival', ({ packetId }) => written.push(packetId));
    const [first, second] = [queue.open(1, 1, 0), queue.open(2, 1, 0)];
    queue.acknowledge(second, 0);
    queue.close();
    expect(queue.acknowledge(first, 0)).toBe(false);
    queue.hold(second);
    expect([written, queue.held]).toEqual([[], 0]);
  });

  it('takes back what it held when the server uses its Packet Identifier again', () => {
    const written: number[] = [];
    const queue = new AckQueue('arrival', ({ packetId }) => written.push(packetId));
    queue.hold(queue.open(1, 1, 0));
    const again = queue.open(1, 1, 0);
    expect([queue.held, queue.unacknowledged]).toEqual([0, 1]);
    expect(queue.acknowledge(again, 0)).toBe(true);
    expect([written, queue.unacknowledged, queue.oldestArrival]).toEqual([[1], 0, undefined]);
  });
});
