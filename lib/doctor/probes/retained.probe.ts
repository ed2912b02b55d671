import { NotApplicable } from '../probe-error.js';
import type { Probe } from '../probe.js';

export interface RetainedFinding {
  /** Messages that a new member got. */
  readonly delivered: number;
}

export const retainedProbe: Probe<RetainedFinding> = {
  asks: 'Does a new member get the retained message?',
  async run(bench) {
    const member = await bench.member();
    if (!member.limits.retainAvailable) throw new NotApplicable('it keeps no retained messages');
    await bench.publish(['retained'], { retain: true });
    await bench.subscribe(member, { filter: bench.shared(), qos: 1, retainHandling: 0 });
    await bench.until(() => member.received.length > 0, 1_000);
    return { delivered: member.received.length };
  },
  tell: ({ delivered }) => (delivered > 0 ? 'yes' : 'no'),
};
