import { kindOf } from './jobs.js';
import type { Ledger } from './ledger.js';

/** What became of the jobs that dead workers' sessions held. */
export interface Recovery {
  /** Jobs that were in flight or queued there. */
  readonly held: number;
  /** For each session: milliseconds until the last of them had run. */
  readonly times: readonly number[];
  /** Milliseconds for which jobs were published to a dead worker's session, at the longest. */
  readonly publishedFor: number;
  /** Those that took longer than allowed, for the reader. */
  readonly late: readonly string[];
}

/**
 * The clock starts when the broker can know of the death: when the session's network connection ended at the broker's
 * side, which after a half-open connection is when its Keep Alive had passed. It starts anew when something is done to
 * whoever has adopted the session, and when the broker was away.
 *
 * Jobs that fail on purpose in every attempt are left out: they are not done when they have run.
 */
export function recoveryOf(ledger: Ledger, allowed: number): Recovery {
  const longest = new Map<string, number>();
  const late: string[] = [];
  let held = 0;
  let publishedFor = 0;
  for (const [id, [first]] of ledger.runs) {
    if (first === undefined || kindOf(id) === 'fails-always') continue;
    const arrivals = (ledger.arrivals.get(id) ?? []).filter(({ at }) => at < first.at);
    const sessions = new Set([...arrivals.map(({ session }) => session), first.session]);
    const dead = [...sessions].filter((session) => diedBefore(ledger, session, first.at));
    const session = dead[0];
    if (session === undefined) continue;
    held++;
    const took = first.at - lastFault(ledger, sessions, first.at, first.worker);
    longest.set(session, Math.max(longest.get(session) ?? 0, took));
    const published = ledger.published.get(id);
    if (published !== undefined && dead.includes(first.session) && diedBefore(ledger, first.session, published)) {
      publishedFor = Math.max(publishedFor, published - lastFault(ledger, [first.session], published));
    }
    if (took > allowed) late.push(`after ${took} ms: ${ledger.history(id)}`);
  }
  return { held, times: [...longest.values()].toSorted((a, b) => a - b), publishedFor, late };
}

function diedBefore(ledger: Ledger, session: string, time: number): boolean {
  return ledger.releases.get(session)?.some(({ at, blame }) => blame === 'kill' && at < time) ?? false;
}

/** When the last happened that excuses whoever should have run a job of these sessions. */
function lastFault(ledger: Ledger, sessions: Iterable<string>, before: number, worker?: string): number {
  const releases = [...sessions].flatMap((session) => ledger.releases.get(session) ?? []);
  const continued = ledger.continued.filter((each) => each.worker === worker);
  const times = [...releases.map(({ at }) => at), ...continued.map(({ at }) => at), ...ledger.newStarts];
  return Math.max(...times.filter((at) => at < before));
}
