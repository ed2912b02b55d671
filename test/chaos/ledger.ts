import type { ChaosBroker } from './brokers.js';
import { kindOf } from './jobs.js';
import type { Report } from './protocol.js';
import type { Blame, Release } from './proxy.js';

export interface Run {
  readonly at: number;
  readonly worker: string;
  readonly session: string;
}

interface Line {
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

interface Try {
  readonly at: number;
  readonly attempt: number;
}

/** Milliseconds until this process knows of what another one has done. */
const TOLD_WITHIN = 1000;

/** Why a job that the broker has confirmed need not run. */
export type Excuse = 'not saved' | 'no subscribers';

/** Everything that was reported, by the number of the job. Times are milliseconds since the beginning. */
export class Ledger {
  /** When the broker has confirmed each job. */
  readonly published = new Map<number, number>();
  readonly refused: string[] = [];
  readonly runs = new Map<number, Run[]>();
  readonly arrivals = new Map<number, Run[]>();
  readonly tries: Try[] = [];
  readonly killed: string[] = [];
  readonly crashed: string[] = [];
  readonly lines: Line[] = [];
  /** By Client Identifier, in order of time. */
  readonly releases = new Map<string, { at: number; blame: Blame }[]>();
  /** When the broker was killed. */
  readonly brokerKills: number[] = [];
  /** When those were there again without whom nothing runs. */
  readonly newStarts: number[] = [];
  /** From the start of a broker that had forgotten all shared subscriptions to the first new one. */
  readonly unsubscribed: { readonly from: number; to: number }[] = [];
  /** When a worker went on that had been stopped. */
  readonly continued: { at: number; worker: string }[] = [];
  /** Publishers that have not published everything yet. */
  publishing = 0;
  publishedAgain = 0;
  /** The job that is not meant to run. */
  poison: number | undefined;
  /** Sessions that were taken from whoever had them, with what that had in hand. */
  takeovers = 0;
  /** When a job ran for the first time that had not run before. */
  lastProgress = performance.now();
  readonly #begun = performance.now();

  constructor(
    private readonly protocolVersion: 4 | 5,
    private readonly broker: Pick<ChaosBroker, 'forgetsSharedSubscriptions' | 'savedAfter'>,
  ) {}

  get now(): number {
    return Math.round(performance.now() - this.#begun);
  }

  record(who: string, report: Report): void {
    const at = this.now;
    switch (report.type) {
      case 'published':
        for (const id of report.ids) this.published.set(id, at);
        break;
      case 'all-published':
        this.publishing--;
        break;
      case 'publishing-again':
        this.publishedAgain += report.count;
        break;
      case 'refused':
        this.refused.push(`${report.id}: ${report.why}`);
        break;
      case 'received':
        for (const id of report.ids) add(this.arrivals, id, { at, worker: who, session: report.session });
        break;
      case 'ran':
        if (!this.runs.has(report.id)) this.lastProgress = performance.now();
        add(this.runs, report.id, { at, worker: who, session: report.session });
        break;
      case 'tried':
        this.tries.push({ at: report.at, attempt: report.attempt });
        break;
      case 'noted':
        this.note(who, report.what);
        break;
      case 'ready':
        this.note(who, 'ready');
    }
  }

  note(who: string, what: string): void {
    const gap = this.unsubscribed.at(-1);
    if (gap?.to === Infinity && what.startsWith('subscribed')) gap.to = this.now + TOLD_WITHIN;
    this.lines.push({ at: this.now, who, what });
  }

  released({ session, blame }: Release): void {
    this.note('broker', `${session} is without a connection: ${blame}`);
    add(this.releases, session, { at: this.now, blame });
  }

  brokerGoes(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.note('broker', signal);
    if (signal === 'SIGKILL') this.brokerKills.push(this.now);
  }

  brokerReturns(): void {
    this.startsAnew('broker');
    if (this.broker.forgetsSharedSubscriptions) this.unsubscribed.push({ from: this.now, to: Infinity });
  }

  startsAnew(who: string): void {
    this.note(who, 'there again');
    this.newStarts.push(this.now);
  }

  get lost(): number[] {
    return this.#missing.filter((id) => this.#excuse(this.published.get(id)) === undefined);
  }

  /** Not run, and no worker could have. */
  excused(excuse: Excuse): number[] {
    return this.#missing.filter((id) => this.#excuse(this.published.get(id)) === excuse);
  }

  /** Of which a broker that was killed may not know. */
  get runsSinceSaved(): number {
    return [...this.runs.values()].flat().filter(({ at }) => this.#isUnsaved(at)).length;
  }

  get #missing(): number[] {
    return [...this.published.keys()].filter((id) => id !== this.poison && !this.runs.has(id));
  }

  #excuse(published = NaN): Excuse | undefined {
    if (this.#isUnsaved(published)) return 'not saved';
    // On 5.0 PUBACK says so, and a publisher publishes again.
    if (this.protocolVersion === 5) return undefined;
    return this.unsubscribed.some(({ from, to }) => from <= published && published <= to)
      ? 'no subscribers'
      : undefined;
  }

  #isUnsaved(time: number): boolean {
    return this.brokerKills.some((at) => at - this.broker.savedAfter <= time && time <= at);
  }

  /** Runs beyond the first of each job. */
  get surplus(): number {
    return [...this.runs.values()].reduce((sum, runs) => sum + runs.length - 1, 0);
  }

  /** Of these workers, those that were given no job from this number on. */
  idle(workers: readonly string[], from: number): string[] {
    const busy = new Set(
      [...this.arrivals].flatMap(([id, runs]) => (id < from ? [] : runs.map(({ worker }) => worker))),
    );
    return workers.filter((worker) => !busy.has(worker));
  }

  /** What is known of one job. */
  history(id: number): string {
    const told = (verb: string, runs: Run[] = []): string[] =>
      runs.map(({ at, worker, session }) => `${verb} at ${at} by ${worker} through ${session}`);
    const published = `published at ${this.published.get(id)}`;
    const parts = [published, ...told('received', this.arrivals.get(id)), ...told('ran', this.runs.get(id))];
    return `${id} (${kindOf(id)}): ${parts.join('; ')}`;
  }
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
