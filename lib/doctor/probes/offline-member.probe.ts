import { ids } from '../bench.js';
import type { Probe } from '../probe.js';

export interface OfflineMemberFinding {
  /** To the member that is connected. */
  readonly toOther: number;
  /** To the member that was away, when it came back. */
  readonly onReturn: number;
  readonly lost: number;
}

const MESSAGES = 20;

export const offlineMemberProbe: Probe<OfflineMemberFinding> = {
  asks: 'Does a persistent session go on taking its share while its member is away?',
  async run(bench) {
    const away = await bench.subscriber({ session: 'persistent' });
    const other = await bench.subscriber({ session: 'persistent' });
    await away.leave();
    await bench.publish(ids(MESSAGES));
    await bench.until(() => other.received.length >= MESSAGES, 1_000);
    await bench.quiet();
    const toOther = new Set(other.ids);
    const back = await bench.member({ session: 'persistent', clientId: away.clientId });
    const arrived = (): Set<string> => new Set([...other.ids, ...back.ids]);
    await bench.until(() => arrived().size >= MESSAGES, 3_000);
    return {
      toOther: toOther.size,
      onReturn: arrived().size - toOther.size,
      lost: MESSAGES - arrived().size,
    };
  },
  tell({ toOther, onReturn, lost }) {
    if (onReturn === 0 && lost === 0) return 'no, all goes to the others';
    const what = [onReturn > 0 && `${onReturn} wait for it`, lost > 0 && `${lost} are lost`].filter(Boolean);
    return `yes, of ${toOther + onReturn + lost} messages ${what.join(', ')}`;
  },
};
