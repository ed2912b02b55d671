import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Report, STOP } from './messages.js';

/** Milliseconds after which a process that was asked to stop is killed; above the worker's `drainTimeout`. */
const STOP_DEADLINE = 8_000;
const LINES_KEPT = 20;
/** Process id and time, for which the screen has no room. */
const NEST_PREFIX = /^\[Nest\].*?(?=(WARN|ERROR|FATAL) )/;

export interface ChildOptions {
  readonly entry: 'worker' | 'publisher';
  readonly env: Readonly<Record<string, string>>;
  readonly report: (report: Report) => void;
  readonly line: (line: string) => void;
}

/** One process of this sample. It ends when the launcher ends, however that happens. */
export class Child {
  /** Rejects with what the process said when it ends before it is ready. */
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  private readonly process: ChildProcess;
  private readonly lines: string[] = [];

  constructor({ entry, env, report, line }: ChildOptions) {
    this.process = fork(new URL(`../${entry}.js`, import.meta.url), {
      env: { ...process.env, ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own, so that Ctrl-C reaches the launcher alone, which then ends everything in order.
      detached: true,
    });
    for (const input of [this.process.stdout, this.process.stderr]) {
      if (input === null) continue;
      createInterface({ input }).on('line', (text) => {
        const plain = text.replace(NEST_PREFIX, '');
        this.lines.splice(0, this.lines.push(plain) - LINES_KEPT);
        line(plain);
      });
    }
    // 'close' and not 'exit': by then everything that it said has been read.
    this.ended = once(this.process, 'close').then(() => {});
    this.ready = new Promise((resolve, reject) => {
      this.process.on('message', (message: Report) => (message.type === 'ready' ? resolve() : report(message)));
      this.process.on('error', reject);
      void this.ended.then(() => reject(new Error(`The ${entry} could not start:\n${this.lines.join('\n')}`)));
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }

  /** Asks the process to finish what it has begun; resolves when it has ended. */
  async stop(): Promise<void> {
    const deadline = setTimeout(() => this.kill(), STOP_DEADLINE);
    if (this.process.connected) this.process.send(STOP);
    await this.ended;
    clearTimeout(deadline);
  }
}
