import type { Probe } from '../probe.js';
import { type CopiesFinding, copiesOf, tellCopies } from './copies.js';

export const overlapProbe: Probe<CopiesFinding> = {
  asks: 'What does one client get that has two overlapping filters in one group?',
  async run(bench) {
    const member = await bench.subscriber({ filter: bench.shared(`${bench.topic}/#`) });
    await bench.subscribe(member, { filter: bench.shared(`${bench.topic}/+`), qos: 1 });
    return copiesOf(bench, member, `${bench.topic}/x`);
  },
  tell: tellCopies,
};
