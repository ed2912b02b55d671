import type { Probe } from '../probe.js';
import { heir, holder } from './held.js';

export interface UnsubscribeFinding {
  readonly held: number;
  /** Delivered to another member while they are still unacknowledged here. */
  readonly redelivered: number;
  /** An acknowledgement after UNSUBSCRIBE is final. */
  readonly lateAcknowledgementCounts: boolean;
}

const WATCHED = 2_000;

export const unsubscribeProbe: Probe<UnsubscribeFinding> = {
  asks: 'What does UNSUBSCRIBE do to messages in flight?',
  async run(bench) {
    const { member, ids: held } = await holder(bench, { session: 'persistent' });
    const other = await heir(bench);
    await bench.answer(member.unsubscribe(bench.shared()), 'UNSUBACK');
    await bench.until(() => other.amongst(held).length >= held.length, WATCHED);
    const redelivered = other.amongst(held).length;
    member.acknowledgeAll();
    await bench.answer(member.ping(), 'PINGRESP');
    await member.leave();
    const back = await bench.member({ session: 'persistent', clientId: member.clientId });
    await bench.until(() => back.amongst(held).length + other.amongst(held).length > redelivered, 1_000);
    return {
      held: held.length,
      redelivered,
      lateAcknowledgementCounts: back.amongst(held).length + other.amongst(held).length === redelivered,
    };
  },
  tell: ({ held, redelivered, lateAcknowledgementCounts }) =>
    redelivered > 0
      ? `${redelivered} of ${held} go to another member, too`
      : `nothing, and a later acknowledgement ${lateAcknowledgementCounts ? 'counts' : 'does not count'}`,
};
