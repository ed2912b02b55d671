import type { SessionKind } from '../bench.js';
import { duration } from '../duration.js';
import type { Member } from '../member.js';
import type { Probe } from '../probe.js';

export interface WillFinding {
  /** Milliseconds from the end of the network connection; absent when it did not come. */
  readonly afterCrash?: number;
  /** Whether it comes when another connection takes over and keeps the session. */
  readonly onTakeover: boolean;
  /** Where that of a persistent session did not come: milliseconds until that of a clean one did. */
  readonly ofCleanAfterCrash?: number;
}

const CRASH_WITHIN = 5_000;
const TAKEOVER_WITHIN = 1_500;

export const willProbe: Probe<WillFinding> = {
  asks: 'Does the will of a persistent session come when its connection breaks, and when another takes it over?',
  async run(bench) {
    const watcher = await bench.subscriber({ filter: `${bench.topic}/+` });
    const owner = (payload: string, clientId?: string, session: SessionKind = 'persistent'): Promise<Member> => {
      const will = { topic: `${bench.topic}/will`, payload, qos: 1, retain: false } as const;
      return bench.member({ session, clientId, will });
    };
    const crash = async (member: Member, payload: string): Promise<number | undefined> => {
      const crashed = performance.now();
      member.crash();
      await bench.until(() => watcher.ids.includes(payload), CRASH_WITHIN);
      const came = watcher.received.find(({ id }) => id === payload);
      return came && Math.round(came.at - crashed);
    };
    const crashes = await owner('crashed');
    const loses = await owner('taken over');
    await owner('took over', loses.clientId);
    const afterCrash = await crash(crashes, 'crashed');
    await bench.until(() => watcher.ids.includes('taken over'), TAKEOVER_WITHIN);
    const onTakeover = watcher.ids.includes('taken over');
    if (afterCrash !== undefined) return { afterCrash, onTakeover };
    const clean = await owner('clean crashed', undefined, 'clean');
    const ofCleanAfterCrash = await crash(clean, 'clean crashed');
    return { onTakeover, ...(ofCleanAfterCrash !== undefined && { ofCleanAfterCrash }) };
  },
  tell: ({ afterCrash, onTakeover, ofCleanAfterCrash }) =>
    `${afterCrash === undefined ? 'not within 5 s when the connection breaks' : `${duration(afterCrash)} when the connection breaks`}, ` +
    `${onTakeover ? 'and' : 'not'} at a takeover` +
    (ofCleanAfterCrash === undefined ? '' : `; that of a clean session comes (${duration(ofCleanAfterCrash)})`),
};
