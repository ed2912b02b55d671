import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';

/** However this process ends, the server that it has started does so too, and its folder goes. */
export function endWithUs(child: ChildProcess, folder: string): void {
  const end = (): void => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

/** A signal would otherwise end this process alone. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
}
