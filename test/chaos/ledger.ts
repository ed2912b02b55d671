import type { Report } from './protocol.js';

export interface Run {
  readonly at: number;
  readonly worker: string;
  readonly session: string;
}

export interface Death {
  readonly at: number;
  readonly worker: string;
  readonly session: string;
}

interface Line {
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

/** Everything that was reported, by the number of the job. */
export class Ledger {
  readonly published = new Set<number>();
  readonly refused: string[] = [];
  readonly runs = new Map<number, Run[]>();
  readonly arrivals = new Map<number, Run[]>();
  readonly deaths: Death[] = [];
  readonly lines: Line[] = [];
  /** Publishers that have not published everything yet. */
  publishing = 0;
  /** When a job ran for the first time that had not run before. */
  lastProgress = performance.now();
  readonly #begun = performance.now();

  record(who: string, report: Report): void {
    const at = this.#now;
    switch (report.type) {
      case 'published':
        for (const id of report.ids) this.published.add(id);
        break;
      case 'all-published':
        this.publishing--;
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
      case 'noted':
        this.note(who, report.what);
        break;
      case 'ready':
        this.note(who, 'ready');
    }
  }

  note(who: string, what: string): void {
    this.lines.push({ at: this.#now, who, what });
  }

  died(worker: string, session: string): void {
    this.deaths.push({ at: this.#now, worker, session });
  }

  get lost(): number[] {
    return [...this.published].filter((id) => !this.runs.has(id));
  }

  /** Runs beyond the first of each job. */
  get surplus(): number {
    return [...this.runs.values()].reduce((sum, runs) => sum + runs.length - 1, 0);
  }

  /** For each worker that was killed and held something: how long until the last of that had run elsewhere. */
  get recoveries(): { worker: string; held: number; milliseconds: number }[] {
    return this.deaths.flatMap(({ at, worker, session }) => {
      const times = [...this.runs].flatMap(([id, [first]]) => {
        if (first === undefined || first.worker === worker || first.at < at) return [];
        const held =
          first.session === session ||
          this.arrivals.get(id)?.some((arrival) => arrival.worker === worker && arrival.session === session);
        return held ? [first.at - at] : [];
      });
      return times.length === 0 ? [] : [{ worker, held: times.length, milliseconds: Math.max(...times) }];
    });
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
    const parts = [...told('received', this.arrivals.get(id)), ...told('ran', this.runs.get(id))];
    return `${id}: ${parts.join('; ') || 'reached no worker'}`;
  }

  get #now(): number {
    return Math.round(performance.now() - this.#begun);
  }
}

function add(map: Map<number, Run[]>, id: number, run: Run): void {
  const runs = map.get(id);
  if (runs === undefined) map.set(id, [run]);
  else runs.push(run);
}
