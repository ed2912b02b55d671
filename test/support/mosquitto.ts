import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

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

const READY_WITHIN = 5000;
/** Milliseconds; it saves its sessions first, where it keeps them. */
const STOP_WITHIN = 10_000;

function executable(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'mosquitto')).find((path) => existsSync(path));
}

/**
 * Whether suites that need Mosquitto can run; says so once for each suite when they cannot. In CI its absence is a
 * failure and not a reason to skip.
 */
export function hasMosquitto(): boolean {
  if (executable()) return true;
  const message = 'Mosquitto is not on the PATH nor in /usr/sbin: its tests are skipped (apt-get install mosquitto).';
  if (process.env.CI === 'true') throw new Error(`In CI nothing may be skipped. ${message}`);
  process.stderr.write(`${message}\n`);
  return false;
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const { config = [], persistence = false, started = () => {} } = options;
  const path = executable();
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

  const up = (): Promise<ChildProcess> => start(path, configFile, port, (child) => started(child, folder));
  let child = await up();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
    restart: async () => {
      await end(child);
      child = await up();
    },
    down: (signal) => end(child, signal),
    up: async () => {
      child = await up();
    },
  };
}

async function start(
  path: string,
  configFile: string,
  port: number,
  started: (child: ChildProcess) => void,
): Promise<ChildProcess> {
  const child = spawn(path, ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  started(child);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Mosquitto ended with code ${code} instead of starting:\n${log}`)));
  });
  failed.catch(() => undefined); // it also ends on purpose, later
  try {
    await Promise.race([failed, accepting(port)]);
  } catch (error) {
    await end(child);
    throw error;
  }
  return child;
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const hard = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN);
  await exited;
  clearTimeout(hard);
}

/** Resolves with the first connection that the port takes. */
async function accepting(port: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10)); // a port cannot say when it opens
    } finally {
      socket.destroy();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
