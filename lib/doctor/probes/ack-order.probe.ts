import { ProbeError } from '../probe-error.js';
import type { Probe } from '../probe.js';
import { holder } from './held.js';

export interface AckOrderFinding {
  readonly tolerated: boolean;
  /** Came again although it had been acknowledged. */
  readonly again: number;
}

const MESSAGES = 6;

export const ackOrderProbe: Probe<AckOrderFinding> = {
  asks: 'Are acknowledgements taken that leave in the opposite order of arrival?',
  async run(bench) {
    const { member, published } = await holder(bench, { session: 'persistent' }, MESSAGES);
    if (member.holding.length === 1) {
      // The others may come together once the first is out of the way.
      member.acknowledgeAll();
      await bench.until(() => member.received.length >= MESSAGES, 2_000);
    }
    const held = [...member.holding].reverse();
    if (held.length < 2) throw new ProbeError('the broker hands out one message at a time');
    for (const received of held) member.acknowledge(received);
    await bench.quiet();
    member.acknowledgeAll({ fromNowOn: true });
    const disconnected = member.ended !== undefined;
    member.crash();
    const back = await bench.member({ session: 'persistent', clientId: member.clientId });
    await bench.until(() => back.amongst(published).length > 0, 1_000);
    const again = back.amongst(held.map(({ id }) => id)).length;
    return { tolerated: !disconnected && again === 0, again };
  },
  tell: ({ tolerated, again }) =>
    tolerated ? 'yes' : again > 0 ? `no, ${again} come again` : 'no, the broker disconnects',
};
