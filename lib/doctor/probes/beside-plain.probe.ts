import type { Probe } from '../probe.js';
import { type CopiesFinding, copiesOf, tellCopies } from './copies.js';

export const besidePlainProbe: Probe<CopiesFinding> = {
  asks: 'What does one client get that has a shared and an ordinary subscription to one filter?',
  async run(bench) {
    const member = await bench.subscriber();
    await bench.subscribe(member, { filter: bench.topic, qos: 1 });
    return copiesOf(bench, member);
  },
  tell: tellCopies,
};
