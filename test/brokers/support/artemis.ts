import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Broker } from './broker.js';
import { installedAt, missing, READY_WITHIN, SMALL_AND_QUICK } from './java.js';
import { type RestartableBroker, type StartOptions, startRestartable } from './restartable.js';

const run = promisify(execFile);

const JAVA_ARGS = SMALL_AND_QUICK.join(' ');

/** A broker instance as `artemis create` makes it; of the acceptors that one for MQTT is left, on the loopback interface; `forbidden/#` is. */
async function createInstance(folder: string, port: number): Promise<void> {
  const account = ['--user', 'test', '--password', 'test', '--allow-anonymous'];
  const plain = ['--silent', '--no-autotune', '--no-web', '--nio'];
  await run(join(installedAt('artemis'), 'bin', 'artemis'), ['create', folder, ...account, ...plain], {
    env: { ...process.env, JAVA_ARGS },
  });
  const file = join(folder, 'etc', 'broker.xml');
  let configuration = await readFile(file, 'utf8');
  const acceptor = `<acceptor name="mqtt">tcp://127.0.0.1:${port}?protocols=MQTT</acceptor>`;
  // Nobody has this role.
  const nobody = ['createNonDurableQueue', 'createDurableQueue', 'createAddress', 'consume', 'send']
    .map((type) => `<permission type="${type}" roles="nobody"/>`)
    .join('');
  const forbidden = `<security-setting match="forbidden.#">${nobody}</security-setting>`;
  configuration = configuration.replace('<security-settings>', `<security-settings>${forbidden}`);
  await writeFile(file, configuration.replace(/<acceptors>[\s\S]*<\/acceptors>/, `<acceptors>${acceptor}</acceptors>`));
}

export function startArtemis({ watcher }: Pick<StartOptions, 'watcher'> = {}): Promise<RestartableBroker> {
  return startRestartable('artemis', watcher, async (folder, port) => {
    await createInstance(folder, port);
    return {
      name: 'ActiveMQ Artemis',
      command: join(folder, 'bin', 'artemis'),
      args: ['run'],
      env: { JAVA_ARGS },
      readyWithin: READY_WITHIN,
      stopWith: 'SIGKILL',
    };
  });
}

export const artemis: Broker = {
  name: 'ActiveMQ Artemis',
  inCI: true,
  missing: () => missing('artemis'),
  start: () => startArtemis(),
};
