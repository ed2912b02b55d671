import { ids } from '../bench.js';
import type { Probe } from '../probe.js';

export interface AllOfflineFinding {
  /** To the member that came back first, before the other did. */
  readonly toFirst: number;
  readonly toSecond: number;
  readonly lost: number;
}

const MESSAGES = 10;

export const allOfflineProbe: Probe<AllOfflineFinding> = {
  asks: `Who gets ${MESSAGES} messages that come while both members, of persistent sessions, are away?`,
  async run(bench) {
    const members = [
      await bench.subscriber({ session: 'persistent' }),
      await bench.subscriber({ session: 'persistent' }),
    ] as const;
    for (const member of members) await member.leave();
    await bench.publish(ids(MESSAGES));
    const first = await bench.member({ session: 'persistent', clientId: members[0].clientId });
    await bench.until(() => first.received.length >= MESSAGES, 1_500);
    await bench.quiet();
    const toFirst = new Set(first.ids).size;
    const second = await bench.member({ session: 'persistent', clientId: members[1].clientId });
    const arrived = (): number => new Set([...first.ids, ...second.ids]).size;
    await bench.until(() => arrived() >= MESSAGES, 3_000);
    return { toFirst, toSecond: arrived() - toFirst, lost: MESSAGES - arrived() };
  },
  tell: ({ toFirst, toSecond, lost }) =>
    `${toFirst} the first that is back, ${toSecond} the second${lost > 0 ? `, ${lost} are lost` : ''}`,
};
