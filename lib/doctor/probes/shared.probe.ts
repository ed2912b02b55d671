import { describeReasonCode } from '../../session/reason-code.js';
import { type Bench, ids } from '../bench.js';
import type { Member } from '../member.js';
import type { Probe } from '../probe.js';

/** What came of a Shared Subscription with two members. */
export type SharedFinding =
  | { readonly outcome: 'shared'; readonly counts: readonly number[] }
  /** SUBACK refuses it. */
  | { readonly outcome: 'refused'; readonly reasonCode: number }
  /** The broker ends the connection that asks for it. */
  | { readonly outcome: 'disconnected'; readonly reasonCode?: number }
  /** Granted as a Topic Filter that only a topic which begins with `$share/` matches. */
  | { readonly outcome: 'literal' }
  /** Granted, and every member gets every message. */
  | { readonly outcome: 'everyone' }
  /** Granted, and messages do not come, or not all; `plain` says whether an ordinary subscription gets them. */
  | { readonly outcome: 'missing'; readonly arrived: number; readonly of: number; readonly plain: boolean };

const MESSAGES = 20;
const ARRIVE_WITHIN = 4_000;

/** Whether there are Shared Subscriptions at all: on 3.1.1 a granted SUBACK does not prove it. */
export const sharedProbe: Probe<SharedFinding> = {
  asks: 'Does each message of a shared subscription go to one member?',
  async run(bench) {
    const members = [await bench.member(), await bench.member()];
    for (const member of members) {
      const refusal = await subscribe(bench, member);
      if (refusal !== undefined) return refusal;
    }
    const plain = await bench.subscriber({ filter: bench.topic });
    const messages = ids(MESSAGES);
    await bench.publish(messages);
    const arrived = (): Set<string> => new Set(members.flatMap((member) => member.ids));
    await bench.until(() => arrived().size === MESSAGES && plain.received.length >= MESSAGES, ARRIVE_WITHIN);
    await bench.quiet();
    const counts = members.map(({ received }) => received.length);
    if (arrived().size < MESSAGES) {
      if (arrived().size === 0 && (await arrivesLiterally(bench, members))) return { outcome: 'literal' };
      return { outcome: 'missing', arrived: arrived().size, of: MESSAGES, plain: plain.received.length > 0 };
    }
    return counts.every((count) => count >= MESSAGES) ? { outcome: 'everyone' } : { outcome: 'shared', counts };
  },
  tell(finding) {
    switch (finding.outcome) {
      case 'shared':
        return `yes, ${finding.counts.join(' / ')}`;
      case 'refused':
        return `no, refused with ${describeReasonCode(finding.reasonCode)}`;
      case 'disconnected':
        return `no, the broker disconnects${finding.reasonCode === undefined ? '' : ` with ${describeReasonCode(finding.reasonCode)}`}`;
      case 'literal':
        return 'no, `$share/…` is taken for an ordinary filter';
      case 'everyone':
        return 'no, every member gets every message';
      case 'missing':
        return `no, ${finding.arrived} of ${finding.of} arrive${finding.plain ? '' : ', nor do they on an ordinary subscription'}`;
    }
  },
};

async function subscribe(bench: Bench, member: Member): Promise<SharedFinding | undefined> {
  try {
    const code = await bench.answer(member.subscribe({ filter: bench.shared(), qos: 1 }), 'SUBACK');
    return code >= 0x80 ? { outcome: 'refused', reasonCode: code } : undefined;
  } catch (error) {
    if (member.ended === undefined) throw error;
    return { outcome: 'disconnected', reasonCode: member.ended.reasonCode };
  }
}

async function arrivesLiterally(bench: Bench, members: readonly Member[]): Promise<boolean> {
  const publisher = await bench.member();
  const sent = publisher.send({ topic: bench.shared(), payload: 'literal', qos: 1 });
  sent.catch(() => undefined); // a broker may disconnect for it, which is an answer, too
  return bench.until(() => members.some(({ received }) => received.length > 0), 1_500);
}
