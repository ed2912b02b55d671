import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Watched } from './guardian.js';

const HERE = new URL('.', import.meta.url);
export const EXEC_ARGV = ['--import', new URL('../support/child/register-typescript.mjs', HERE).href];

/** Sees to it that nothing which a run has started outlives it, however the run ends. */
export class Guard {
  private constructor(private readonly guardian: ChildProcess) {}

  /** Before anything else is started. */
  static async start(): Promise<Guard> {
    const guardian = fork(fileURLToPath(new URL('guardian.ts', HERE)), {
      execArgv: EXEC_ARGV,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(guardian, 'message');
    return new Guard(guardian);
  }

  watch(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.#tell({ began: pid });
    child.once('exit', () => this.#tell({ ended: pid }));
  }

  watchFolder(folder: string): void {
    this.#tell({ folder });
  }

  #tell(watched: Watched): void {
    if (this.guardian.connected) this.guardian.send(watched);
  }
}
