import type { Probe } from '../probe.js';
import { type CopiesFinding, copiesOf, tellCopies } from './copies.js';

export const groupsProbe: Probe<CopiesFinding> = {
  asks: 'What does one client get that is in two groups on one filter?',
  async run(bench) {
    const member = await bench.subscriber();
    await bench.subscribe(member, { filter: bench.shared(bench.topic, `${bench.group}-2`), qos: 1 });
    return copiesOf(bench, member);
  },
  tell: tellCopies,
};
