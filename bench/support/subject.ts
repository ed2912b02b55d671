import { childInput, tellParent } from './child.js';
import type { DrainInput } from './drain.js';
import { DrainMeter } from './drain-meter.js';

/** The meter that every subject's handler calls, for what the parent process has asked for. */
export const input = childInput<DrainInput>();
export const meter = new DrainMeter(input.messages, tellParent, 1, input.warmUp);

export function subscribed(): void {
  tellParent({ subscribed: true });
}
