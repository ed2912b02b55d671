import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort, startServerProcess } from '../../support/server-process.js';
import type { Broker } from './broker.js';

function executable(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/bin'];
  return folders.map((folder) => join(folder, 'nanomq')).find((path) => existsSync(path));
}

const config = (port: number): string => `listeners.tcp {
  bind = "127.0.0.1:${port}"
}
log {
  to = [console]
  level = warn
}
`;

export const nanomq: Broker = {
  name: 'NanoMQ',
  inCI: false, // it is in no registry
  missing: () =>
    executable() ? undefined : 'no nanomq on the PATH (https://nanomq.io/downloads), or set MQTT_URL to a running one',
  version: () => {
    // It says so and ends with an error.
    const { stdout } = spawnSync(executable() ?? 'nanomq', ['--version'], { encoding: 'utf8' });
    return / v(\d\S*)/.exec(stdout)?.[1];
  },
  start: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nanomq-'));
    const port = await freePort();
    const file = join(folder, 'nanomq.conf');
    await writeFile(file, config(port));
    const server = await startServerProcess({
      name: 'NanoMQ',
      command: executable() ?? 'nanomq',
      args: ['start', '--conf', file],
      port,
    });
    return {
      url: `mqtt://127.0.0.1:${port}`,
      stop: async () => {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};
