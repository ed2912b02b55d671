import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type ServerProcessOptions, startServerProcess } from '../../support/server-process.js';
import type { RunningBroker } from './broker.js';

export interface StartOptions {
  /** Whether what it holds outlives a restart. Default `false`. */
  readonly persistence?: boolean;
  /** Messages that may wait for a group; by default as many as the broker's own default says. */
  readonly queued?: number;
  /** Is told of all that is started and written, as soon as it exists. */
  readonly watcher?: Watcher;
}

export interface Watcher {
  watch(child: ChildProcess): void;
  watchFolder(folder: string): void;
}

export interface RestartableBroker extends RunningBroker {
  /** Ends it until {@link up}. */
  down(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port in the same folder. */
  up(): Promise<void>;
}

type Command = Omit<ServerProcessOptions, 'port' | 'started'>;

/** Starts what `prepare` returns, on a port and in a folder of its own. */
export async function startRestartable(
  name: string,
  watcher: Watcher | undefined,
  prepare: (folder: string, port: number) => Promise<Command>,
): Promise<RestartableBroker> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  watcher?.watchFolder(folder);
  const port = await freePort();
  const command = await prepare(folder, port);
  const start = () => startServerProcess({ ...command, port, started: (child) => watcher?.watch(child) });
  let server = await start();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
    down: (signal) => server.stop(signal),
    up: async () => {
      server = await start();
    },
  };
}
