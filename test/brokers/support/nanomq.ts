import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Broker } from './broker.js';
import { type RestartableBroker, type StartOptions, startRestartable } from './restartable.js';

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

export function startNanoMQ({ watcher }: Pick<StartOptions, 'watcher'> = {}): Promise<RestartableBroker> {
  return startRestartable('nanomq', watcher, async (folder, port) => {
    const file = join(folder, 'nanomq.conf');
    await writeFile(file, config(port));
    return { name: 'NanoMQ', command: executable() ?? 'nanomq', args: ['start', '--conf', file] };
  });
}

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
  start: () => startNanoMQ(),
};
