import { ProbeError } from '../probe-error.js';
import type { Probe } from '../probe.js';
import { heir, holder } from './held.js';

export interface NegativeAckFinding {
  /** Neither this member nor another gets the message again. */
  readonly final: boolean;
  readonly toOther: number;
  readonly toOwner: number;
}

const UNSPECIFIED_ERROR = 0x80;
const IMPLEMENTATION_SPECIFIC_ERROR = 0x83;

export const negativeAckProbe: Probe<NegativeAckFinding> = {
  asks: 'Is a PUBACK with an error, 0x80 or 0x83, the end of a message?',
  versions: [5],
  async run(bench) {
    const { member } = await holder(bench, { session: 'persistent' });
    const [first, second] = member.holding;
    if (first === undefined) throw new ProbeError('no message is held');
    const refused = [first.id, ...(second === undefined ? [] : [second.id])];
    const seen = member.received.length;
    const other = await heir(bench);
    member.acknowledge(first, UNSPECIFIED_ERROR);
    if (second !== undefined) member.acknowledge(second, IMPLEMENTATION_SPECIFIC_ERROR);
    await bench.until(() => other.amongst(refused).length > 0 || member.received.length > seen, 1_500);
    const onThisConnection = member.received.slice(seen).filter(({ id }) => refused.includes(id)).length;
    member.crash();
    const back = await bench.member({ session: 'persistent', clientId: member.clientId });
    await bench.until(() => back.amongst(refused).length + other.amongst(refused).length > 0, 1_000);
    const toOther = other.amongst(refused).length;
    const toOwner = onThisConnection + back.amongst(refused).length;
    return { final: toOther + toOwner === 0, toOther, toOwner };
  },
  tell: ({ final, toOther }) =>
    final ? 'yes' : `no, it comes again to ${toOther > 0 ? 'another member' : 'the same member'}`,
};
