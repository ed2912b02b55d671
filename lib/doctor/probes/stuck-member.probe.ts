import { ids } from '../bench.js';
import type { Probe } from '../probe.js';

export interface StuckMemberFinding {
  /** Unacknowledged at the member that acknowledges nothing. */
  readonly held: number;
  /** Came to the other one meanwhile. */
  readonly toOther: number;
  /** Came only when the stuck member acknowledged. */
  readonly later: number;
  readonly lost: number;
}

const MESSAGES = 100;

export const stuckMemberProbe: Probe<StuckMemberFinding> = {
  asks: `Of ${MESSAGES} messages, what does a member get beside one that acknowledges nothing?`,
  async run(bench) {
    const stuck = await bench.subscriber({ acknowledges: false });
    const other = await bench.subscriber();
    await bench.publish(ids(MESSAGES));
    const arrived = (): number => new Set([...stuck.ids, ...other.ids]).size;
    await bench.until(() => arrived() === MESSAGES, 1_500);
    await bench.quiet();
    const before = { held: stuck.received.length, toOther: other.received.length, seen: arrived() };
    stuck.acknowledgeAll({ fromNowOn: true });
    await bench.until(() => arrived() === MESSAGES, 5_000);
    return {
      held: before.held,
      toOther: before.toOther,
      later: arrived() - before.seen,
      lost: MESSAGES - arrived(),
    };
  },
  tell: ({ held, toOther, later, lost }) =>
    [
      `${toOther}; ${held} are held`,
      later > 0 && `${later} wait until they are acknowledged`,
      lost > 0 && `${lost} lost`,
    ]
      .filter(Boolean)
      .join(', '),
};
