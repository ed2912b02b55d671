import { rmSync } from 'node:fs';

/** What a run tells the process that outlives it. */
export type Watched =
  | { readonly began: number }
  | { readonly ended: number }
  /** Removed when the run is over. */
  | { readonly folder: string };

const pids = new Set<number>();
const folders = new Set<string>();

process.on('message', (watched: Watched) => {
  if ('began' in watched) pids.add(watched.began);
  else if ('ended' in watched) pids.delete(watched.ended);
  else folders.add(watched.folder);
});

process.once('disconnect', () => {
  for (const pid of pids) {
    try {
      // A stopped process does not see that its parent has gone, and no other signal ends it.
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended in this moment.
    }
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// Ctrl-C reaches the whole process group; this process ends after the run.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.send?.('ready');
