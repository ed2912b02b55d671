import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EXEC_ARGV, type Guard } from './guard.js';
import type { Report, Script } from './protocol.js';

const HERE = new URL('.', import.meta.url);
const START_WITHIN = 60_000;
const END_WITHIN = 60_000;

/** A script of this folder in a process of its own. */
export class ScriptProcess<S extends keyof Script> {
  readonly #process: ChildProcess;
  readonly #ready: Promise<Extract<Report, { type: 'ready' }>>;
  #isReady = false;
  #ending = false;

  /** `crashed` is called when the process ends by itself after it was ready. */
  constructor(
    guard: Guard,
    script: S,
    options: Script[S],
    listener: (report: Report) => void,
    crashed: (how: string) => void = () => {},
  ) {
    const child = fork(fileURLToPath(new URL(`${script}.ts`, HERE)), [JSON.stringify(options)], {
      execArgv: EXEC_ARGV,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    guard.watch(child);
    this.#process = child;
    this.#ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${script} does not start.`)), START_WITHIN);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        if (this.#isReady && !this.#ending) crashed(`ended with ${code ?? signal}`);
        reject(new Error(`${script} ended with ${code ?? signal} before it was ready.`));
      });
      child.on('message', (report: Report) => {
        if (report.type === 'ready') {
          clearTimeout(timer);
          this.#isReady = true;
          resolve(report);
        }
        listener(report);
      });
    });
    this.#ready.catch(() => {}); // whoever needs it ready asks for it
  }

  get ready(): Promise<Extract<Report, { type: 'ready' }>> {
    return this.#ready;
  }

  get #ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves when the process has ended after this signal; with `false` when it had to be killed. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<boolean> {
    this.#ending = true;
    if (this.#ended) return true;
    const exited = once(this.#process, 'exit');
    let inTime = true;
    const timer = setTimeout(() => {
      inTime = false;
      this.#process.kill('SIGKILL');
    }, END_WITHIN);
    this.#process.kill(signal);
    await exited;
    clearTimeout(timer);
    return inTime;
  }
}
