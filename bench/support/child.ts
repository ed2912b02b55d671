import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Milliseconds after which a child that says nothing is stuck. */
const SILENT = 180_000;

/** What is measured runs in a process of its own, so that no subject inherits another's heap or optimised code. */
export class Child {
  private readonly inbox: unknown[] = [];
  private wake: () => void = () => {};

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (message) => {
      this.inbox.push(message);
      this.wake();
    });
    child.once('exit', () => this.wake());
  }

  /** `module` is a file of `subjects/`, without its extension; it gets `input` by `childInput`. `flags` are Node's. */
  static start(module: string, input: object = {}, flags: readonly string[] = []): Child {
    const path = fileURLToPath(new URL(`../subjects/${module}.js`, import.meta.url));
    return new Child(module, fork(path, [JSON.stringify(input)], { execArgv: [...process.execArgv, ...flags] }));
  }

  /** Starts it, and ends it after the first thing it has to say. */
  static async ask<T>(module: string, input: object = {}): Promise<T> {
    const child = Child.start(module, input);
    const answer = await child.next<T>();
    await child.end();
    return answer;
  }

  /** What the child says next; rejects when it ends without a word, or has none for too long. */
  async next<T>(): Promise<T> {
    const tooLong = setTimeout(() => this.child.kill('SIGKILL'), SILENT);
    try {
      while (this.inbox.length === 0) {
        if (this.over) throw new Error(`${this.name} ended with ${this.child.signalCode ?? this.child.exitCode}.`);
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
      return this.inbox.shift() as T;
    } finally {
      clearTimeout(tooLong);
    }
  }

  tell(message: object): void {
    this.child.send(message);
  }

  /** It does nothing until it is told to go on, and its connections stay. */
  hold(): void {
    this.child.kill('SIGSTOP');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  /** As a crash would: without DISCONNECT, so that its session stays. */
  async kill(): Promise<void> {
    await this.ended(() => this.child.kill('SIGKILL'));
  }

  /** It ends when it is left alone. */
  async end(): Promise<void> {
    await this.ended(() => this.child.disconnect());
  }

  private async ended(end: () => void): Promise<void> {
    if (this.over) return;
    const exit = once(this.child, 'exit');
    end();
    await exit;
  }

  private get over(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

export function childInput<T>(): T {
  process.once('disconnect', () => process.exit());
  return JSON.parse(process.argv[2] ?? '') as T;
}

export function tellParent(message: object): void {
  if (process.send === undefined) throw new Error('This file is started by the benchmark: npm run bench');
  process.send(message);
}
