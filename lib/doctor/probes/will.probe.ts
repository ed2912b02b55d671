import { duration } from '../duration.js';
import type { Probe } from '../probe.js';

export interface WillFinding {
  /** Milliseconds from the end of the network connection; absent when it did not come. */
  readonly afterCrash?: number;
  /** Whether it comes when another connection takes over and keeps the session. */
  readonly onTakeover: boolean;
}

export const willProbe: Probe<WillFinding> = {
  asks: 'Does a will come when the connection breaks, and when another takes the session over?',
  async run(bench) {
    const watcher = await bench.subscriber({ filter: `${bench.topic}/+` });
    const will = (payload: string) => ({ topic: `${bench.topic}/will`, payload, qos: 1, retain: false }) as const;
    const first = await bench.member({ session: 'persistent', will: will('taken over') });
    const successor = await bench.member({ session: 'persistent', clientId: first.clientId, will: will('crashed') });
    await bench.until(() => watcher.ids.includes('taken over'), 1_500);
    const onTakeover = watcher.ids.includes('taken over');
    const crashed = performance.now();
    successor.crash();
    await bench.until(() => watcher.ids.includes('crashed'), 5_000);
    const came = watcher.received.find(({ id }) => id === 'crashed');
    return { ...(came && { afterCrash: Math.round(came.at - crashed) }), onTakeover };
  },
  tell: ({ afterCrash, onTakeover }) =>
    `${afterCrash === undefined ? 'not within 5 s when the connection breaks' : `${duration(afterCrash)} when the connection breaks`}, ` +
    `${onTakeover ? 'and' : 'not'} at a takeover`,
};
