import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient } from '../support/raw-client.js';
import { Scene } from '../support/scene.js';
import { command } from './command.js';

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
});

afterEach(() => scene.close());

/** The command in a process of its own. */
function start(...args: string[]) {
  const output = { out: '', err: '' };
  const child = spawn(
    process.execPath,
    [
      '--import',
      new URL('../support/child/register-typescript.mjs', import.meta.url).href,
      fileURLToPath(new URL('../../lib/doctor/cli.ts', import.meta.url)),
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit');
  scene.onClose(() => child.kill('SIGKILL') && exited);
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  return {
    output,
    exitCode: exited.then(([code]) => code as number | null),
    interrupt: () => child.kill('SIGINT'),
  };
}

describe('The command', () => {
  it('clears up after Ctrl-C in the middle of its work', async () => {
    const broker = await scene.embeddedBroker();
    const sessionsWithoutConnection = new Promise<void>((resolve) => {
      broker.on('publish', () => {
        if (broker.clients.some(({ connected }) => !connected)) resolve();
      });
    });
    const doctor = start('doctor', broker.url);
    await sessionsWithoutConnection;
    doctor.interrupt();
    expect(await doctor.exitCode).toBe(130);
    expect(doctor.output.out).toBe('');
    expect(broker.clients).toEqual([]);
    const observer = await RawClient.connect(broker.url, { protocolVersion: 5, clientId: 'observer' });
    await observer.subscribe('#');
    await observer.ping();
    expect(observer.publishes).toEqual([]);
    await observer.disconnect();
  });

  it('says in its exit code that a broker has no shared subscriptions', async () => {
    const broker = await scene.embeddedBroker({ sharedSubscriptions: false });
    const doctor = start('doctor', broker.url);
    expect(await doctor.exitCode).toBe(1);
    expect(doctor.output.out).toContain('do not work');
  });

  it.each([
    [[], 'The command is `doctor`'],
    [['mqtt://u:secret@localhost'], 'The word `doctor` is missing before the address: nestjs-mqtt-shared doctor <url>'],
    [['doctor'], 'The address of the broker is missing'],
    [['doctor', 'localhost:1883'], 'it does not begin with a protocol'],
    [['doctor', 'mqtt://localhost', 'mqtt://elsewhere'], 'One address at a time'],
    [['doctor', 'mqtt://localhost', '--colour'], "Unknown option '--colour'"],
    [['doctor', 'mqtt://localhost', '--cert', 'a.pem'], '`--cert` and `--key` belong together'],
    [['doctor', 'mqtts://localhost', '--ca', 'no-such-file.pem'], 'ENOENT'],
    [['doctor', 'mqtt://localhost', '--topic', 'a/#'], '`--topic`'],
  ])('does not take %j and says why', async (args, why) => {
    const { exitCode, out, err } = await command(args);
    expect(exitCode).toBe(2);
    expect(out).toBe('');
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringContaining(why),
      '`nestjs-mqtt-shared --help` lists the arguments.',
    ]);
    expect(err).not.toContain('secret');
  });

  it('prints help when asked for it', async () => {
    const { exitCode, out } = await command(['doctor', '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain('Usage:');
  });
});
