import type { Probe } from '../probe.js';
import { holder } from './held.js';

export interface ResubscribeFinding {
  readonly redelivered: number;
}

const WATCHED = 1_500;

export const resubscribeProbe: Probe<ResubscribeFinding> = {
  asks: 'What does a second SUBSCRIBE to the same filter do to messages in flight?',
  async run(bench) {
    const { member, ids: held } = await holder(bench, { session: 'persistent' });
    await bench.subscribe(member, { filter: bench.shared(), qos: 1 });
    await bench.until(() => member.amongst(held).length > held.length, WATCHED);
    return { redelivered: member.amongst(held).length - held.length };
  },
  tell: ({ redelivered }) => (redelivered > 0 ? 'delivers them again' : 'nothing'),
};
