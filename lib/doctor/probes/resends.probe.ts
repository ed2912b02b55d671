import { duration } from '../duration.js';
import { ProbeError } from '../probe-error.js';
import type { Probe } from '../probe.js';

export interface ResendsFinding {
  readonly resends: boolean;
  /** Milliseconds until the first one. */
  readonly after?: number;
  readonly dup?: boolean;
  readonly samePacketId?: boolean;
}

/** Brokers that resend by a timer take this long. */
const WATCHED = 17_000;

export const resendsProbe: Probe<ResendsFinding> = {
  asks: `Does a message that is held for ${WATCHED / 1000} s come again on the same connection?`,
  limit: 25_000,
  async run(bench) {
    const member = await bench.subscriber({ acknowledges: false });
    await bench.publish(['m1']);
    if (!(await bench.until(() => member.received.length > 0, 3_000))) throw new ProbeError('no message came');
    const resends = await bench.until(() => member.received.length > 1, WATCHED);
    const [first, again] = member.received;
    if (!resends || first === undefined || again === undefined) return { resends: false };
    return {
      resends,
      after: Math.round(again.at - first.at),
      dup: again.dup,
      samePacketId: again.packetId === first.packetId,
    };
  },
  tell: ({ resends, after = 0, dup, samePacketId }) =>
    resends
      ? `${duration(after)}, ${dup ? 'with' : 'without'} DUP, ${samePacketId ? 'same' : 'another'} Packet Identifier`
      : 'no',
};
