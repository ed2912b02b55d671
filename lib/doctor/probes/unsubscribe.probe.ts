import type { Probe } from '../probe.js';
import { heir, holder } from './held.js';

export interface UnsubscribeFinding {
  readonly held: number;
  /** Delivered to another member while they are still unacknowledged here. */
  readonly redelivered: number;
  /** An acknowledgement after UNSUBSCRIBE is final. */
  readonly lateAcknowledgementCounts: boolean;
  /** Had been queued for this member alone, and came to it after UNSUBSCRIBE. */
  readonly queued: number;
  readonly lost: number;
}

/** More than brokers hand out at once, so that some of them are queued. */
const MESSAGES = 60;
const WATCHED = 2_000;

export const unsubscribeProbe: Probe<UnsubscribeFinding> = {
  asks: 'What does UNSUBSCRIBE do to messages in flight?',
  async run(bench) {
    const { member, ids: held, published } = await holder(bench, { session: 'persistent' }, MESSAGES);
    const other = await heir(bench);
    await bench.answer(member.unsubscribe(bench.shared()), 'UNSUBACK');
    await bench.until(() => other.amongst(held).length >= held.length, WATCHED);
    const redelivered = other.amongst(held).length;
    member.acknowledgeAll({ fromNowOn: true });
    const arrived = (): number => new Set([...member.ids, ...other.ids]).size;
    await bench.until(() => arrived() >= MESSAGES, WATCHED);
    await bench.quiet();
    const queued = new Set(member.ids).size - held.length;
    await member.leave();
    const back = await bench.member({ session: 'persistent', clientId: member.clientId });
    const again = (): number => back.amongst(held).length + other.amongst(held).length - redelivered;
    await bench.until(() => again() > 0, 1_000);
    return {
      held: held.length,
      redelivered,
      lateAcknowledgementCounts: again() === 0,
      queued,
      lost: published.length - new Set([...member.ids, ...other.ids, ...back.ids]).size,
    };
  },
  tell: ({ held, redelivered, lateAcknowledgementCounts, queued, lost }) =>
    [
      redelivered > 0
        ? `${redelivered === held ? 'all' : `${redelivered} of ${held}`} go to another member, too`
        : `nothing, and a later acknowledgement ${lateAcknowledgementCounts ? 'counts' : 'does not count'}`,
      queued > 0 && 'what was queued for the member still comes',
      lost > 0 && `${lost} are lost`,
    ]
      .filter(Boolean)
      .join('; '),
};
