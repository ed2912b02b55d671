import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort, type ServerProcess, startServerProcess } from './server-process.js';

export interface Mosquitto {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it and removes its data folder. */
  stop(): Promise<void>;
  /** Ends it with SIGTERM and starts it again on the same port with the same data. */
  restart(): Promise<void>;
  /** Ends it, by default with SIGTERM, until {@link up}. */
  down(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port with the same data. */
  up(): Promise<void>;
}

export interface MosquittoOptions {
  /** Lines for mosquitto.conf. */
  config?: string[];
  /** Whether sessions outlive a restart. */
  persistence?: boolean;
  /** Called with each process as soon as it exists, and with the folder that {@link Mosquitto.stop} removes. */
  started?: (child: ChildProcess, folder: string) => void;
}

export function findMosquitto(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'mosquitto')).find((path) => existsSync(path));
}

/**
 * Whether suites that need Mosquitto can run; says so once for each suite when they cannot. In CI its absence is a
 * failure and not a reason to skip.
 */
export function hasMosquitto(): boolean {
  if (findMosquitto()) return true;
  const message = 'Mosquitto is not on the PATH nor in /usr/sbin: its tests are skipped (apt-get install mosquitto).';
  if (process.env.CI === 'true') throw new Error(`In CI nothing may be skipped. ${message}`);
  process.stderr.write(`${message}\n`);
  return false;
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const { config = [], persistence = false, started = () => {} } = options;
  const path = findMosquitto();
  if (!path) throw new Error('Mosquitto is not installed; ask hasMosquitto() first.');
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  const data = join(folder, 'data');
  await mkdir(data);
  const port = await freePort();
  const configFile = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    // or it would change to an account that cannot write to its own data folder
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    ...(persistence ? ['persistence true', `persistence_location ${data}/`] : []),
    ...config,
  ];
  await writeFile(configFile, `${lines.join('\n')}\n`);

  const up = (): Promise<ServerProcess> =>
    startServerProcess({
      name: 'Mosquitto',
      command: path,
      args: ['-c', configFile],
      port,
      started: (child) => started(child, folder),
    });
  let server = await up();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid;
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
    restart: async () => {
      await server.stop();
      server = await up();
    },
    down: (signal) => server.stop(signal),
    up: async () => {
      server = await up();
    },
  };
}
