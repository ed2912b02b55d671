import { connectAsync } from 'mqtt';
import { hasMosquitto, startMosquitto } from '../../test/support/mosquitto.js';
import { Child } from './child.js';
import { IN_FLIGHT } from './settings.js';

export interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

const MOSQUITTO = hasMosquitto();
const CONFIG = ['max_queued_messages 0', `max_inflight_messages ${IN_FLIGHT}`];

/** A broker that has seen nothing yet, in a process of its own. */
export async function startBroker(): Promise<Broker> {
  if (MOSQUITTO) return startMosquitto({ config: CONFIG });
  const child = Child.start('embedded-broker.process');
  const { url } = await child.next<{ url: string }>();
  return { url, stop: () => child.end() };
}

/** What is measured against, as it says itself, and how it is set up. */
export async function describeBroker(): Promise<string> {
  if (!MOSQUITTO) return 'embedded broker of nestjs-mqtt-shared/testing (no Mosquitto found)';
  const broker = await startBroker();
  const client = await connectAsync(broker.url);
  const version = new Promise<string>((resolve) => client.on('message', (_topic, payload) => resolve(String(payload))));
  await client.subscribeAsync('$SYS/broker/version');
  const description = `${await version} (${CONFIG.join(', ')})`;
  await client.endAsync();
  await broker.stop();
  return description;
}
