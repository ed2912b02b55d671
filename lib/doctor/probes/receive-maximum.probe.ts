import { ids } from '../bench.js';
import type { Probe } from '../probe.js';

export interface ReceiveMaximumFinding {
  readonly window: number;
  /** Unacknowledged at once, with a window of {@link window}. */
  readonly atOnce: number;
  /** Of those published when the window was full: to another member, which acknowledges. */
  readonly toOther: number;
  /** Came when the window was freed. */
  readonly later: number;
  readonly lost: number;
}

const WINDOW = 2;
const ALONE = 4;
const TOGETHER = 16;

export const receiveMaximumProbe: Probe<ReceiveMaximumFinding> = {
  asks: `What becomes of messages beyond a member's Receive Maximum of ${WINDOW}?`,
  versions: [5],
  async run(bench) {
    const stuck = await bench.subscriber({ acknowledges: false, receiveMaximum: WINDOW });
    await bench.publish(ids(ALONE));
    await bench.quiet();
    const atOnce = stuck.received.length;
    const other = await bench.subscriber();
    await bench.publish(ids(TOGETHER, 'n'));
    await bench.until(() => other.received.length >= TOGETHER, 1_000);
    await bench.quiet();
    const toOther = other.received.length;
    const arrived = (): number => new Set([...stuck.ids, ...other.ids]).size;
    const before = arrived();
    stuck.acknowledgeAll({ fromNowOn: true });
    await bench.until(() => arrived() === ALONE + TOGETHER, 5_000);
    return { window: WINDOW, atOnce, toOther, later: arrived() - before, lost: ALONE + TOGETHER - arrived() };
  },
  tell: ({ window, atOnce, toOther, later, lost }) =>
    [
      atOnce > window && `it is ignored: ${atOnce} came at once`,
      `${toOther} go to another member`,
      later > 0 && `${later} wait for the window`,
      lost > 0 && `${lost} are lost`,
    ]
      .filter(Boolean)
      .join(', '),
};
