import { Unrecorded } from './unrecorded.js';

/** How a run ended, for those that wait for it. */
export type RunEnd =
  | { readonly kind: 'succeeded'; readonly answers: readonly unknown[]; readonly rejectedWith: number | undefined }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Nobody listens to it any more: its time was over, say. What becomes of it is not known. */
  | { readonly kind: 'abandoned' };

/** A message that is being run, or looked up, in this process. */
export class Run {
  private settle!: (end: RunEnd) => void;
  readonly ended = new Promise<RunEnd>((resolve) => (this.settle = resolve));

  constructor(private readonly forget: () => void) {}

  /** The first end counts. */
  end(end: RunEnd): void {
    this.forget();
    this.settle(end);
  }
}

const RUNS = new WeakMap<object, Runs>();

/**
 * The runs of this process, by key. They belong to the store and not to the interceptor, of which Nest makes one for
 * each module, and for each message where something that it depends on is request-scoped.
 */
export class Runs {
  readonly unrecorded = new Unrecorded();
  private readonly byKey = new Map<string, Run>();

  static of(store: object): Runs {
    let runs = RUNS.get(store);
    if (runs === undefined) RUNS.set(store, (runs = new Runs()));
    return runs;
  }

  get(key: string): Run | undefined {
    return this.byKey.get(key);
  }

  begin(key: string): Run {
    const run = new Run(() => {
      if (this.byKey.get(key) === run) this.byKey.delete(key);
    });
    this.byKey.set(key, run);
    return run;
  }
}
