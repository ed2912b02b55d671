import { join } from 'node:path';
import { startMosquitto } from '../support/mosquitto.js';
import type { ChaosOptions } from './options.js';
import { ScriptProcess } from './script-process.js';

export interface RunningBroker {
  readonly url: string;
  stop(): Promise<unknown>;
}

export async function startBroker({ broker, trace }: ChaosOptions): Promise<RunningBroker> {
  if (broker === 'mosquitto') {
    const log = trace === undefined ? [] : [`log_dest file ${join(trace, 'mosquitto.log')}`, 'log_type all'];
    const mosquitto = await startMosquitto({ config: ['max_queued_messages 0', ...log] });
    const endWithRun = (): void => void process.kill(mosquitto.pid);
    process.once('exit', endWithRun);
    return {
      url: mosquitto.url,
      stop: async () => {
        process.off('exit', endWithRun);
        await mosquitto.stop();
      },
    };
  }
  const embedded = new ScriptProcess('broker', {}, () => {});
  const { url } = await embedded.ready;
  if (url === undefined) throw new Error('The broker did not say where it is.');
  return { url, stop: () => embedded.end('SIGTERM') };
}
