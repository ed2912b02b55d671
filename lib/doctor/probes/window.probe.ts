import { ids } from '../bench.js';
import { ProbeError } from '../probe-error.js';
import type { Probe } from '../probe.js';

export interface WindowFinding {
  /** Unacknowledged at once without a Receive Maximum; `undefined` when no limit was met. */
  readonly limit: number | undefined;
  /** Nothing more comes until everything that is held is acknowledged. */
  readonly inBatches: boolean;
  readonly lost: number;
}

const MESSAGES = 200;

export const windowProbe: Probe<WindowFinding> = {
  asks: `Of ${MESSAGES} messages, how many come without acknowledgement and Receive Maximum?`,
  async run(bench) {
    const member = await bench.subscriber({ acknowledges: false });
    await bench.publish(ids(MESSAGES));
    await bench.until(() => member.received.length >= MESSAGES, 1_500);
    await bench.quiet();
    const first = member.received.length;
    if (first === 0) throw new ProbeError('no message came');
    let inBatches = false;
    let batch = first;
    // A broker that hands out one message on its own may hand out the others together.
    for (let round = 0; round < 2 && member.received.length < MESSAGES; round++) {
      const seen = member.received.length;
      const [oldest, ...others] = member.holding;
      if (oldest === undefined) break;
      member.acknowledge(oldest);
      await bench.until(() => member.received.length > seen, 1_500);
      await bench.quiet();
      const more = member.received.length - seen;
      if (others.length === 0) batch = more;
      else inBatches = more === 0;
    }
    const limit = first >= MESSAGES ? undefined : inBatches ? batch : first;
    member.acknowledgeAll({ fromNowOn: true });
    const arrived = (): number => new Set(member.ids).size;
    await bench.until(() => arrived() >= MESSAGES, 5_000);
    return { limit, inBatches, lost: MESSAGES - arrived() };
  },
  tell: ({ limit, inBatches, lost }) =>
    [
      limit === undefined ? 'all' : `${limit}`,
      inBatches && 'the next when all of them are acknowledged',
      lost > 0 && `${lost} are lost`,
    ]
      .filter(Boolean)
      .join(', '),
};
