import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../scripts/sample.mjs', import.meta.url));

/** A sample as `npm run sample` starts it, without a terminal. */
export class SampleProcess {
  readonly output: string[] = [];
  readonly errors: string[] = [];
  /** Exit code, or `undefined` when a signal ended it. */
  readonly ended: Promise<number | undefined>;
  private readonly process: ChildProcess;
  private readonly waiting = new Set<() => void>();

  constructor(argument: string, env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [SCRIPT, argument], {
      env: { ...process.env, MQTT_URL: '', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.output.push(line);
      for (const wake of this.waiting) wake();
    });
    createInterface({ input: child.stderr }).on('line', (line) => this.errors.push(line));
    this.ended = once(child, 'close').then(([code]) => code ?? undefined);
  }

  /** The first line that matches, printed already or to come; rejects when the sample ends without it. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    const { promise, wake } = this.firstMatch(pattern);
    this.waiting.add(wake);
    wake();
    const never = this.ended.then(() => {
      throw new Error(`It ended without a line like ${pattern}:\n${[...this.output, ...this.errors].join('\n')}`);
    });
    try {
      return await Promise.race([promise, never]);
    } finally {
      this.waiting.delete(wake);
    }
  }

  private firstMatch(pattern: RegExp): { promise: Promise<RegExpExecArray>; wake: () => void } {
    let wake = () => {};
    const promise = new Promise<RegExpExecArray>((resolve) => {
      wake = () => {
        for (const line of this.output) {
          const match = pattern.exec(line);
          if (match) resolve(match);
        }
      };
    });
    return { promise, wake };
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** For the end of a test, however it went. */
  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.signal('SIGKILL');
    await this.ended;
  }
}
