import type { Probe } from '../probe.js';
import { heir, holder } from './held.js';

export interface ExpiryFinding {
  readonly held: number;
  readonly toOther: number;
}

const EXPIRES_AFTER = 1;
/** Brokers look for expired sessions every few seconds. */
const WATCHED = 8_000;

export const expiryProbe: Probe<ExpiryFinding> = {
  asks: 'Who gets what a dead member held when its session has expired?',
  versions: [5],
  async run(bench) {
    const settings = { session: 'persistent', sessionExpiryInterval: EXPIRES_AFTER } as const;
    const { member, ids: held } = await holder(bench, settings);
    const other = await heir(bench);
    member.crash();
    await bench.until(() => other.amongst(held).length >= held.length, WATCHED);
    return { held: held.length, toOther: new Set(other.amongst(held).map(({ id }) => id)).size };
  },
  tell: ({ held, toOther }) =>
    toOther === held
      ? 'another member'
      : toOther > 0
        ? `another member, ${toOther} of ${held}`
        : 'nobody, they are lost',
};
