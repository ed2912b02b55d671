import type { Member } from '../member.js';
import { duration } from '../duration.js';
import type { Probe } from '../probe.js';

export interface WillFinding {
  /** Milliseconds from the end of the network connection; absent when it did not come. */
  readonly afterCrash?: number;
  /** Whether it comes when another connection takes over and keeps the session. */
  readonly onTakeover: boolean;
}

const CRASH_WITHIN = 5_000;
const TAKEOVER_WITHIN = 1_500;

export const willProbe: Probe<WillFinding> = {
  asks: 'Does the will of a persistent session come when its connection breaks, and when another takes it over?',
  async run(bench) {
    const watcher = await bench.subscriber({ filter: `${bench.topic}/+` });
    const owner = (payload: string, clientId?: string): Promise<Member> => {
      const will = { topic: `${bench.topic}/will`, payload, qos: 1, retain: false } as const;
      return bench.member({ session: 'persistent', clientId, will });
    };
    const crashes = await owner('crashed');
    const loses = await owner('taken over');
    await owner('took over', loses.clientId);
    const crashed = performance.now();
    crashes.crash();
    await bench.until(() => watcher.ids.includes('crashed'), CRASH_WITHIN);
    await bench.until(() => watcher.ids.includes('taken over'), TAKEOVER_WITHIN);
    const came = watcher.received.find(({ id }) => id === 'crashed');
    return {
      ...(came && { afterCrash: Math.round(came.at - crashed) }),
      onTakeover: watcher.ids.includes('taken over'),
    };
  },
  tell: ({ afterCrash, onTakeover }) =>
    `${afterCrash === undefined ? 'not within 5 s when the connection breaks' : `${duration(afterCrash)} when the connection breaks`}, ` +
    `${onTakeover ? 'and' : 'not'} at a takeover`,
};
