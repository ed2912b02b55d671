import { Watch } from '../../support/watch.js';

interface Run {
  readonly worker: string;
  readonly id: string;
  state: 'running' | 'done' | 'failed';
}

/** What the workers of a test do: which of them ran what, how often, and when a run ends. */
export class Work {
  /** Every call of a handler, in order. */
  readonly runs: Run[] = [];
  private readonly runsById = new Map<string, Run[]>();
  private readonly watch = new Watch();
  private readonly held = new Set<string>();
  private readonly failing = new Map<string, number>();
  private readonly ends = new Map<Run, () => void>();

  constructor(private readonly patience: number) {}

  /** A handler that is this worker's. */
  handlerOf(worker: string): (id: string) => Promise<void> {
    return (id) => this.run(worker, id);
  }

  /** Runs of these go on until {@link release}. */
  hold(...ids: readonly string[]): void {
    for (const id of ids) this.held.add(id);
  }

  release(...ids: readonly string[]): void {
    for (const id of ids) this.held.delete(id);
    for (const [run, end] of this.ends) if (ids.includes(run.id)) end();
  }

  releaseAll(): void {
    this.release(...this.held);
  }

  /** The next `times` runs of it end in an error. */
  fail(id: string, times: number): void {
    this.failing.set(id, times);
  }

  /** What was run to its end, by whom it may be; an id that is here twice ran twice. */
  done(worker?: string): string[] {
    return this.idsOf((run) => run.state === 'done' && isOf(run, worker));
  }

  started(worker?: string): string[] {
    return this.idsOf((run) => isOf(run, worker));
  }

  get running(): string[] {
    return this.idsOf(({ state }) => state === 'running');
  }

  whenStarted(ids: readonly string[], worker?: string): Promise<void> {
    return this.whenEach(ids, (run) => isOf(run, worker), 'started');
  }

  whenDone(ids: readonly string[], worker?: string): Promise<void> {
    return this.whenEach(ids, (run) => run.state === 'done' && isOf(run, worker), 'done');
  }

  /** Resolves when that many runs are under way. */
  whenRunning(count: number): Promise<void> {
    return this.when(
      () => this.running.length >= count,
      () => `${count} under way`,
    );
  }

  /** Resolves when all workers together have done that many. */
  whenSomeDoneAtAll(count: number): Promise<void> {
    return this.when(
      () => this.done().length >= count,
      () => `${count} of all done`,
    );
  }

  /** Resolves when this worker has done that many, whichever they are. */
  whenSomeDone(count: number, worker: string): Promise<void> {
    return this.when(
      () => this.done(worker).length >= count,
      () => `${count} of ${worker} done`,
    );
  }

  private async run(worker: string, id: string): Promise<void> {
    const run: Run = { worker, id, state: 'running' };
    this.runs.push(run);
    this.runsById.set(id, [...(this.runsById.get(id) ?? []), run]);
    this.watch.changed();
    if (this.held.has(id)) await new Promise<void>((resolve) => this.ends.set(run, resolve));
    this.ends.delete(run);
    const failures = this.failing.get(id) ?? 0;
    this.failing.set(id, failures - 1);
    run.state = failures > 0 ? 'failed' : 'done';
    this.watch.changed();
    if (run.state === 'failed') throw new Error(`${id} fails as it should.`);
  }

  private idsOf(predicate: (run: Run) => boolean): string[] {
    return this.runs.filter(predicate).map(({ id }) => id);
  }

  private whenEach(ids: readonly string[], isIt: (run: Run) => boolean, verb: string): Promise<void> {
    const isThere = (id: string): boolean => this.runsById.get(id)?.some(isIt) ?? false;
    const left = [...ids];
    return this.when(
      () => {
        // Each look goes on where the last one ended: thousands of ids, looked through at each change, would hold up
        // the workers of this process for longer than a test waits.
        for (let id = left.at(-1); id !== undefined && isThere(id); id = left.at(-1)) left.pop();
        return left.length === 0;
      },
      () => `${left.filter((id) => !isThere(id)).join(', ')} ${verb}`,
    );
  }

  private async when(isSo: () => boolean, wanted: () => string): Promise<void> {
    await this.watch.until(
      () => isSo() || undefined,
      () => `These were to be: ${wanted()}. Runs: ${this.toString()}`,
      this.patience,
    );
  }

  toString(): string {
    return this.runs.map(({ worker, id, state }) => `${worker} ${id} ${state}`).join(', ');
  }
}

function isOf(run: Run, worker: string | undefined): boolean {
  return worker === undefined || run.worker === worker;
}
