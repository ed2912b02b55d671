import { setTimeout as sleep } from 'node:timers/promises';
import type { AgainstInput } from '../support/against.js';
import { childInput, tellParent } from '../support/child.js';
import { DrainMeter } from '../support/drain-meter.js';
import { type Job, payloadOf } from '../support/job.js';

export const input = childInput<AgainstInput>();
const meter = new DrainMeter(input.messages, tellParent);

/** What every handler does. */
export async function handle(job: Job): Promise<void> {
  meter.begin();
  if (input.wait > 0) await sleep(input.wait);
  meter.end(job);
}

export function jobs(): Job[] {
  return Array.from({ length: input.messages }, (_, id) => JSON.parse(payloadOf(id)) as Job);
}

export function filled(): void {
  tellParent({ filled: true });
}
