import { DEFAULT_PRESENCE_TOPIC, presenceFilter, presenceTopic } from '../../adoption/presence-message.js';
import type { Probe } from '../probe.js';

export interface PresenceFinding {
  readonly allowed: boolean;
  /** Whether it reaches those who have subscribed with a wildcard before. */
  readonly heard?: boolean;
  /** Why not. */
  readonly why?: string;
}

export const presenceProbe: Probe<PresenceFinding> = {
  asks: 'May workers announce themselves in retained messages on the presence topic?',
  async run(bench) {
    const topic = presenceTopic(DEFAULT_PRESENCE_TOPIC, bench.group, 'doctor');
    try {
      const filter = presenceFilter(DEFAULT_PRESENCE_TOPIC, bench.group);
      const watcher = await bench.subscriber({ filter });
      await bench.publish(['here'], { topic, retain: true });
      const heard = await bench.until(() => watcher.received.length > 0, 2_000);
      const board = await bench.subscriber({ filter });
      // On 3.1.1 a broker takes what its access rules forbid, and drops it.
      const kept = await bench.until(() => board.received.some(({ retain }) => retain), 2_000);
      return kept ? { allowed: true, heard } : { allowed: false, why: 'the retained message does not come back' };
    } catch (error) {
      return { allowed: false, why: (error as Error).message };
    }
  },
  tell: ({ allowed, heard, why }) => {
    if (!allowed) return `no: ${why}`;
    return heard === false ? 'yes, but it does not reach those who have subscribed with a wildcard before' : 'yes';
  },
};
