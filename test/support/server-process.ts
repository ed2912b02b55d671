import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** Milliseconds; a broker saves its sessions first, where it keeps them. */
const STOP_WITHIN = 10_000;

export interface ServerProcessOptions {
  /** For errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It is ready when this port of the loopback interface takes a connection. */
  readonly port: number;
  /** Milliseconds. Default 5,000. */
  readonly readyWithin?: number;
  /** Default `'SIGTERM'`; `'SIGKILL'` for what has nothing to save and takes long to say so. */
  readonly stopWith?: 'SIGTERM' | 'SIGKILL';
  /** Called with the process as soon as it exists. */
  readonly started?: (child: ChildProcess) => void;
}

/** A server in a process of its own, which a test has started and ends. */
export interface ServerProcess {
  readonly pid: number;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Resolves when it takes connections; rejects with what it printed when it ends instead. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { name, command, args, env, port, readyWithin = 5_000, stopWith = 'SIGTERM', started } = options;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  started?.(child);
  let log = '';
  const note = (chunk: Buffer): void => void (log = (log + chunk.toString()).slice(-20_000));
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with code ${code} instead of starting:\n${log}`)));
  });
  failed.catch(() => undefined); // it also ends on purpose, later
  const stop = (signal = stopWith): Promise<void> => end(child, signal);
  const waiting = new AbortController();
  try {
    await Promise.race([failed, accepting(port, readyWithin, waiting.signal)]);
  } catch (error) {
    waiting.abort();
    await stop();
    throw error;
  }
  return { pid: child.pid ?? 0, stop };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const hard = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN);
  await exited;
  clearTimeout(hard);
}

/** Resolves with the first connection that the port takes, or when `signal` is aborted. */
async function accepting(port: number, within: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + within;
  while (!signal.aborted) {
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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
