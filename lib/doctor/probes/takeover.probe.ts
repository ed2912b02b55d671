import type { Probe } from '../probe.js';
import { duration } from '../duration.js';
import { comesByTimer, holder } from './held.js';

export interface TakeoverFinding {
  readonly held: number;
  readonly sessionPresent: boolean;
  /** Delivered again to the connection that took over. */
  readonly resent: number;
  /** Milliseconds until the first of them. */
  readonly after?: number;
  /** Missing when the probe ended, of messages that come one by one and late. */
  readonly notYet: number;
  readonly dup: boolean;
  /** The first connection was ended. */
  readonly ended: boolean;
}

const RESENT_WITHIN = 17_000;

export const takeoverProbe: Probe<TakeoverFinding> = {
  asks: 'What does a connection get that takes over a session from another?',
  limit: 25_000,
  async run(bench) {
    const { member, ids: held } = await holder(bench, { session: 'persistent' });
    const successor = await bench.member({ session: 'persistent', clientId: member.clientId });
    const connected = performance.now();
    await bench.until(() => successor.amongst(held).length > 0, RESENT_WITHIN);
    await bench.until(() => successor.amongst(held).length >= held.length && member.ended !== undefined, 3_000);
    const again = successor.amongst(held);
    const resent = new Set(again.map(({ id }) => id)).size;
    const after = again[0] && Math.round(again[0].at - connected);
    return {
      held: held.length,
      sessionPresent: successor.sessionPresent,
      resent,
      after,
      notYet: comesByTimer(after ?? 0) ? held.length - resent : 0,
      dup: again.length > 0 && again.every(({ dup }) => dup),
      ended: member.ended !== undefined,
    };
  },
  tell: ({ held, sessionPresent, resent, after = 0, notYet, dup, ended }) =>
    [
      `${resent === held ? 'all' : `${resent} of ${held}`} that the other held`,
      resent > 0 && duration(after),
      dup && 'DUP',
      notYet > 0 && 'the others later',
      !sessionPresent && 'but CONNACK says that there was no session',
      !ended && 'and the other stays connected',
    ]
      .filter(Boolean)
      .join(', '),
};
