import { join } from 'node:path';
import { startMosquitto } from '../support/mosquitto.js';
import type { Guard } from './guard.js';
import type { ChaosOptions } from './options.js';
import { ScriptProcess } from './script-process.js';

/** Seconds after which a Mosquitto saves what it holds, where it may be killed. */
export const AUTOSAVE = 1;

export interface RunningBroker {
  readonly url: string;
  stop(): Promise<unknown>;
  down(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  up(): Promise<void>;
}

export async function startBroker({ broker, scenario, trace }: ChaosOptions, guard: Guard): Promise<RunningBroker> {
  if (broker === 'mosquitto') {
    const log = trace === undefined ? [] : [`log_dest file ${join(trace, 'mosquitto.log')}`, 'log_type all'];
    const autosave = scenario === 'broker-killed' ? [`autosave_interval ${AUTOSAVE}`] : [];
    return startMosquitto({
      persistence: true,
      config: ['max_queued_messages 0', ...autosave, ...log],
      started: (child, folder) => {
        guard.watch(child);
        guard.watchFolder(folder);
      },
    });
  }
  const embedded = new ScriptProcess(guard, 'broker', {}, () => {});
  const { url } = await embedded.ready;
  if (url === undefined) throw new Error('The broker did not say where it is.');
  const remembersNothing = (): never => {
    throw new Error('The embedded broker remembers nothing of an earlier run.');
  };
  return { url, stop: () => embedded.end('SIGTERM'), down: remembersNothing, up: remembersNothing };
}
