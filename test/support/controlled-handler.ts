import { Watch } from './watch.js';

interface Run {
  readonly id: string;
  readonly end: (error?: Error) => void;
}

/** A handler whose every call goes on until the test ends it. */
export class ControlledHandler {
  /** What was called, in order; an id that is here twice ran twice. */
  readonly started: string[] = [];
  readonly ended: string[] = [];
  readonly #running: Run[] = [];
  readonly #watch = new Watch();
  #over = false;

  readonly handle = (id: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const run: Run = {
        id,
        end: (error) => {
          this.#running.splice(this.#running.indexOf(run), 1);
          this.ended.push(id);
          if (error) reject(error);
          else resolve();
        },
      };
      this.#running.push(run);
      this.started.push(id);
      this.#watch.changed();
      if (this.#over) run.end();
    });

  get running(): string[] {
    return this.#running.map(({ id }) => id);
  }

  /** Resolves when each of these has been called as often as it is named here. */
  async whenStarted(...ids: string[]): Promise<void> {
    await this.#watch.until(
      () => {
        const left = [...this.started];
        return ids.every((id) => take(left, id)) || undefined;
      },
      () => `Wanted: ${ids.join(', ')}. Started: ${this.started.join(', ') || 'nothing'}.`,
    );
  }

  finish(id: string): void {
    this.#find(id).end();
  }

  fail(id: string, error: Error): void {
    this.#find(id).end(error);
  }

  /** For the end of a test: calls end at once from now on, so that nothing is left to wait for. */
  finishAll(): void {
    this.#over = true;
    for (let run = this.#running[0]; run; run = this.#running[0]) run.end();
  }

  #find(id: string): Run {
    const run = this.#running.find((candidate) => candidate.id === id);
    if (!run) throw new Error(`${id} does not run. Running: ${this.running.join(', ') || 'nothing'}.`);
    return run;
  }
}

function take(from: string[], id: string): boolean {
  const index = from.indexOf(id);
  if (index < 0) return false;
  from.splice(index, 1);
  return true;
}
