import { DEFAULT_PRESENCE_TOPIC, presenceFilter, presenceTopic } from '../../adoption/presence-message.js';
import type { Probe } from '../probe.js';

export interface PresenceFinding {
  readonly allowed: boolean;
  /** Why not. */
  readonly why?: string;
}

export const presenceProbe: Probe<PresenceFinding> = {
  asks: 'May workers announce themselves in retained messages on the presence topic?',
  async run(bench) {
    const topic = presenceTopic(DEFAULT_PRESENCE_TOPIC, bench.group, 'doctor');
    try {
      await bench.publish(['here'], { topic, retain: true });
      const board = await bench.subscriber({ filter: presenceFilter(DEFAULT_PRESENCE_TOPIC, bench.group) });
      // On 3.1.1 a broker takes what its access rules forbid, and drops it.
      const kept = await bench.until(() => board.received.some(({ retain }) => retain), 2_000);
      return kept ? { allowed: true } : { allowed: false, why: 'the retained message does not come back' };
    } catch (error) {
      return { allowed: false, why: (error as Error).message };
    }
  },
  tell: ({ allowed, why }) => (allowed ? 'yes' : `no: ${why}`),
};
