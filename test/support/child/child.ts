import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Watch } from '../watch.js';
import type { Command, Report, ReportOf, Script } from './protocol.js';

const HERE = new URL('.', import.meta.url);
const START_WITHIN = 20_000;

/** A script of this folder in a process of its own. */
export class Child<S extends keyof Script> {
  readonly reports: Report[] = [];
  readonly #watch = new Watch();
  readonly #process: ChildProcess;
  #errors = '';

  private constructor(
    readonly script: S,
    options: Script[S],
  ) {
    this.#process = fork(fileURLToPath(new URL(`${script}.ts`, HERE)), [JSON.stringify(options)], {
      execArgv: ['--import', new URL('register-typescript.mjs', HERE).href],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()));
    this.#process.on('message', (report: Report) => {
      this.reports.push(report);
      this.#watch.changed();
    });
    this.#process.once('exit', () => this.#watch.changed());
  }

  /** Resolves when the script has said that it is ready. */
  static async start<S extends keyof Script>(script: S, options: Script[S]): Promise<Child<S>> {
    const child = new Child(script, options);
    try {
      await child.take('ready', 1, START_WITHIN);
      return child;
    } catch (error) {
      await child.kill();
      throw error;
    }
  }

  of<T extends Report['type']>(type: T): ReportOf<T>[] {
    return this.reports.filter((report): report is ReportOf<T> => report.type === type);
  }

  /** Resolves with the last of `count` reports of this type; rejects when the process ends before. */
  take<T extends Report['type']>(type: T, count = 1, patience?: number): Promise<ReportOf<T>> {
    return this.until(() => this.of(type)[count - 1], `${count} × ${type}`, patience);
  }

  until<T>(find: () => T | undefined, wanted: string, patience?: number): Promise<T> {
    const seen = (): string => {
      const last = JSON.stringify(this.reports.at(-1))?.slice(0, 200);
      return `${this.script} was to report ${wanted}. Its last report: ${last}. Its errors: ${this.#errors}`;
    };
    return this.#watch.until(
      () => {
        const found = find();
        if (found === undefined && this.#ended) throw new Error(`The process has ended. ${seen()}`);
        return found;
      },
      seen,
      patience,
    );
  }

  tell(command: Command): void {
    this.#process.send(command);
  }

  /** Asks the process to end by itself. */
  async close(patience?: number): Promise<void> {
    this.tell('close');
    await this.#watch.until(
      () => this.#ended || undefined,
      () => `${this.script} does not end. Its errors: ${this.#errors}`,
      patience,
    );
  }

  async kill(): Promise<void> {
    if (this.#ended || this.#process.pid === undefined) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  get #ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
