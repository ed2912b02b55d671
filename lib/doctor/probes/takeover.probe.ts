import type { Probe } from '../probe.js';
import { holder } from './held.js';

export interface TakeoverFinding {
  readonly held: number;
  readonly sessionPresent: boolean;
  /** Delivered again to the connection that took over. */
  readonly resent: number;
  readonly dup: boolean;
  /** The first connection was ended. */
  readonly ended: boolean;
}

const RESENT_WITHIN = 15_000;

export const takeoverProbe: Probe<TakeoverFinding> = {
  asks: 'What does a connection get that takes over a session from another?',
  limit: 25_000,
  async run(bench) {
    const { member, ids: held } = await holder(bench, { session: 'persistent' });
    const successor = await bench.member({ session: 'persistent', clientId: member.clientId });
    await bench.until(() => successor.amongst(held).length > 0, RESENT_WITHIN);
    await bench.until(() => successor.amongst(held).length >= held.length && member.ended !== undefined, 3_000);
    const resent = successor.amongst(held);
    return {
      held: held.length,
      sessionPresent: successor.sessionPresent,
      resent: new Set(resent.map(({ id }) => id)).size,
      dup: resent.length > 0 && resent.every(({ dup }) => dup),
      ended: member.ended !== undefined,
    };
  },
  tell: ({ held, sessionPresent, resent, dup, ended }) =>
    [
      `${resent === held ? 'all' : `${resent} of ${held}`} that the other held${dup ? ', with DUP' : ''}`,
      !sessionPresent && 'but CONNACK says that there was no session',
      !ended && 'and the other stays connected',
    ]
      .filter(Boolean)
      .join(', '),
};
