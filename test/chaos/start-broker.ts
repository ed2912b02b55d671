import { join } from 'node:path';
import { artemis, startArtemis } from '../brokers/support/artemis.js';
import type { Broker } from '../brokers/support/broker.js';
import { hivemq, startHiveMQ } from '../brokers/support/hivemq.js';
import { nanomq, startNanoMQ } from '../brokers/support/nanomq.js';
import type { RestartableBroker } from '../brokers/support/restartable.js';
import { startMosquitto } from '../support/mosquitto.js';
import type { BrokerName } from './brokers.js';
import type { Guard } from './guard.js';
import type { ChaosOptions } from './options.js';
import { ScriptProcess } from './script-process.js';

/** Seconds after which a Mosquitto saves what it holds, where it may be killed. */
const AUTOSAVE = 1;
/** The others queue without limit, or can: what is tried is not how many messages wait. */
const QUEUED = 100_000;

export interface RunningBroker extends Omit<RestartableBroker, 'stop'> {
  stop(): Promise<unknown>;
}

const START: Readonly<Record<BrokerName, (options: ChaosOptions, guard: Guard) => Promise<RunningBroker>>> = {
  embedded: async (_, guard) => {
    const broker = new ScriptProcess(guard, 'broker', {}, () => {});
    const { url } = await broker.ready;
    if (url === undefined) throw new Error('The broker did not say where it is.');
    const remembersNothing = (): never => {
      throw new Error('The embedded broker remembers nothing of an earlier run.');
    };
    return { url, stop: () => broker.end('SIGTERM'), down: remembersNothing, up: remembersNothing };
  },
  mosquitto: ({ scenario, trace }, guard) => {
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
  },
  hivemq: (_, watcher) => there(hivemq, () => startHiveMQ({ persistence: true, queued: QUEUED, watcher })),
  artemis: (_, watcher) => there(artemis, () => startArtemis({ watcher })),
  nanomq: (_, watcher) => there(nanomq, () => startNanoMQ({ watcher })),
};

async function there<T>(broker: Broker, start: () => Promise<T>): Promise<T> {
  const missing = broker.missing();
  if (missing !== undefined) throw new Error(`${broker.name} cannot be started: ${missing}`);
  return start();
}

export function startBroker(options: ChaosOptions, guard: Guard): Promise<RunningBroker> {
  return START[options.broker](options, guard);
}
