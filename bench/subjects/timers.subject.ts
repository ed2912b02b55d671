import { setTimeout as sleep } from 'node:timers/promises';
import { childInput, tellParent } from '../support/child.js';
import { DrainMeter } from '../support/drain-meter.js';
import type { WaitingInput } from '../support/waiting.js';

/** The same waits with nothing around them: what Node's timers leave of the ideal. */
const { messages, wait, concurrency, warmUp } = childInput<WaitingInput>();
const meter = new DrainMeter(messages, tellParent, 1, warmUp);
let next = 0;

async function work(): Promise<void> {
  while (next < messages) {
    const id = next++;
    meter.begin();
    await sleep(wait);
    meter.end({ id, padding: '' });
  }
}

await Promise.all(Array.from({ length: concurrency }, work));
