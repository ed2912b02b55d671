import type { QoS } from '../../session/wire.js';
import type { Probe } from '../probe.js';

export interface GrantedQoSFinding {
  /** What is granted to one who asks for QoS 1, and for QoS 2. */
  readonly granted: readonly [number, number];
}

export const grantedQoSProbe: Probe<GrantedQoSFinding> = {
  asks: 'Which QoS is granted to a shared subscription that asks for 1, and for 2?',
  async run(bench) {
    const member = await bench.member();
    const ask = (qos: QoS): Promise<number> =>
      bench.subscribe(member, { filter: bench.shared(`${bench.topic}/${qos}`), qos });
    return { granted: [await ask(1), await ask(2)] };
  },
  tell: ({ granted }) => granted.join(' and '),
};
