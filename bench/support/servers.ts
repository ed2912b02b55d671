import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type ServerProcess, startServerProcess } from '../../test/support/server-process.js';
import { endWithUs } from './end-with-us.js';
import { findServer } from './installed.js';

/** A server of another system, on a port and in a folder of its own, with nothing on disk that it need not have there. */
export interface OtherServer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<OtherServer> {
  return start('redis-server', (port, folder) => {
    const memoryOnly = ['--save', '', '--appendonly', 'no'];
    return { args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...memoryOnly] };
  });
}

export async function startNats(): Promise<OtherServer> {
  return start('nats-server', (port) => ({ args: ['-a', '127.0.0.1', '-p', String(port)] }));
}

/** With an `epmd` of its own, which Erlang would otherwise start for the whole machine and leave there. */
export async function startRabbit(): Promise<OtherServer> {
  const epmd = await start('epmd', (port) => ({ args: ['-address', '127.0.0.1', '-port', String(port)] }));
  const distribution = await freePort();
  try {
    const rabbit = await start('rabbitmq-server', (port, folder) => ({
      args: [],
      readyWithin: 60_000,
      env: {
        HOME: folder,
        ERL_EPMD_PORT: String(epmd.port),
        ERL_EPMD_ADDRESS: '127.0.0.1',
        RABBITMQ_NODENAME: `bench-${port}@localhost`,
        RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
        RABBITMQ_NODE_PORT: String(port),
        RABBITMQ_DIST_PORT: String(distribution),
        RABBITMQ_MNESIA_BASE: folder,
        RABBITMQ_LOG_BASE: folder,
        RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
        RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      },
      files: { 'rabbitmq.conf': '', plugins: '[].\n' },
    }));
    return {
      port: rabbit.port,
      stop: async () => {
        await rabbit.stop();
        await epmd.stop();
      },
    };
  } catch (error) {
    await epmd.stop();
    throw error;
  }
}

interface Settings {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyWithin?: number;
  readonly files?: Readonly<Record<string, string>>;
}

async function start(name: string, settingsOf: (port: number, folder: string) => Settings): Promise<OtherServer> {
  const command = findServer(name);
  if (command === undefined) throw new Error(`${name} is not installed; ask findServer() first.`);
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const port = await freePort();
  const { args, env, readyWithin, files = {} } = settingsOf(port, folder);
  let server: ServerProcess;
  try {
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
    server = await startServerProcess({
      name,
      command,
      args,
      env,
      port,
      readyWithin,
      started: (child) => endWithUs(child, folder),
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    port,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
