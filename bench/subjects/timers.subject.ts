import { setTimeout as sleep } from 'node:timers/promises';
import { childInput, tellParent } from '../support/child.js';
import { DrainMeter } from '../support/drain-meter.js';
import type { WaitingInput } from '../support/waiting.js';

/** The same waits with nothing around them: what Node's timers leave of the ideal. */
const { messages, wait, concurrency, warmUp, work = 0 } = childInput<WaitingInput>();
const meter = new DrainMeter(messages, tellParent, 1, warmUp);
let next = 0;

async function waits(): Promise<void> {
  while (next < messages) {
    const id = next++;
    meter.begin();
    await sleep(wait);
    spend(work);
    meter.end({ id, padding: '' });
  }
}

await Promise.all(Array.from({ length: concurrency }, waits));

function spend(microseconds: number): void {
  if (microseconds === 0) return;
  const end = performance.now() + microseconds / 1_000;
  while (performance.now() < end);
}
