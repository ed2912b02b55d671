import { within } from '../../deadline.js';
import { type Bench, ids } from '../bench.js';
import type { QoS } from '../../session/wire.js';
import { describeReasonCode } from '../../session/reason-code.js';
import type { Probe } from '../probe.js';

interface Burst {
  /** Acknowledged with success. */
  readonly taken: number;
  /** Came to the only member of a group. */
  readonly delivered: number;
  /** Reason Code with which the broker ended the connection, 0 when it gave none; absent when it did not. */
  readonly disconnected?: number;
}

/** What came of publishes that were sent without a look at what the server announces. */
export interface BurstFinding {
  readonly sent: number;
  readonly qos1: Burst;
  readonly qos2: Burst;
}

const MESSAGES = 300;
const TAKEN_WITHIN = 5_000;

export const burstProbe: Probe<BurstFinding> = {
  asks: `What becomes of ${MESSAGES} messages that are published at once?`,
  limit: 30_000,
  async run(bench) {
    return { sent: MESSAGES, qos1: await burst(bench, 1), qos2: await burst(bench, 2) };
  },
  tell: ({ qos1, qos2 }) => `QoS 1: ${tell(qos1)}; QoS 2: ${tell(qos2)}`,
};

async function burst(bench: Bench, qos: QoS): Promise<Burst> {
  const topic = `${bench.topic}/${qos}`;
  const member = await bench.subscriber({ filter: bench.shared(topic), qos });
  const publisher = await bench.member();
  let taken = 0;
  const sent = ids(MESSAGES).map((payload) => publisher.send({ topic, payload, qos }).then(() => taken++));
  await within(Promise.allSettled(sent), TAKEN_WITHIN, () => new Error('not all')).catch(() => undefined);
  await bench.until(() => member.received.length >= taken, 2_000);
  await bench.quiet();
  const { ended } = publisher;
  return {
    taken,
    delivered: new Set(member.ids).size,
    ...(ended !== undefined && { disconnected: ended.reasonCode ?? 0 }),
  };
}

function tell({ taken, delivered, disconnected }: Burst): string {
  const end =
    disconnected !== undefined &&
    `the publisher is disconnected${disconnected === 0 ? '' : ` with ${describeReasonCode(disconnected)}`}`;
  return [taken === delivered && taken === MESSAGES ? 'all delivered' : `${taken} taken, ${delivered} delivered`, end]
    .filter(Boolean)
    .join(', ');
}
