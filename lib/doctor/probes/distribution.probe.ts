import { ids } from '../bench.js';
import type { Probe } from '../probe.js';

export interface DistributionFinding {
  readonly counts: readonly number[];
  readonly lost: number;
  readonly twice: number;
}

const MESSAGES = 90;

export const distributionProbe: Probe<DistributionFinding> = {
  asks: `How do ${MESSAGES} messages spread over 3 members that acknowledge at once?`,
  async run(bench) {
    const members = [await bench.subscriber(), await bench.subscriber(), await bench.subscriber()];
    await bench.publish(ids(MESSAGES));
    const arrived = (): Set<string> => new Set(members.flatMap((member) => member.ids));
    await bench.until(() => arrived().size === MESSAGES, 5_000);
    await bench.quiet();
    const counts = members.map(({ received }) => received.length);
    const deliveries = counts.reduce((sum, count) => sum + count, 0);
    return { counts, lost: MESSAGES - arrived().size, twice: deliveries - arrived().size };
  },
  tell: ({ counts, lost, twice }) =>
    [counts.join(' / '), lost > 0 && `${lost} lost`, twice > 0 && `${twice} twice`].filter(Boolean).join(', '),
};
