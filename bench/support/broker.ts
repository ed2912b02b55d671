import { connectAsync } from 'mqtt';
import { hasMosquitto, startMosquitto } from '../../test/support/mosquitto.js';
import { Child } from './child.js';
import { endWithUs } from './end-with-us.js';
import { IN_FLIGHT } from './settings.js';

export interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

export interface BrokerSettings {
  /** Messages on their way to one client; default 200. */
  readonly inFlight?: number;
  /**
   * Whether each packet leaves the broker at once. By default Mosquitto lets a small one wait until the client has
   * confirmed the one before, which a client may do 40 ms later.
   */
  readonly noDelay?: boolean;
}

const MOSQUITTO = hasMosquitto();

/** The embedded broker keeps nothing of QoS 0 for a client that is away. */
export const KEEPS_QOS_0 = MOSQUITTO;

function configuration({ inFlight = IN_FLIGHT, noDelay = false }: BrokerSettings): string[] {
  return [
    'max_queued_messages 0',
    `max_inflight_messages ${inFlight}`,
    'queue_qos0_messages true',
    ...(noDelay ? ['set_tcp_nodelay true'] : []),
  ];
}

/** A broker that has seen nothing yet, in a process of its own. */
export async function startBroker(settings: BrokerSettings = {}): Promise<Broker> {
  if (MOSQUITTO) return startMosquitto({ config: configuration(settings), started: endWithUs });
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
  const description = `${await version} (${configuration({}).join(', ')})`;
  await client.endAsync();
  await broker.stop();
  return description;
}
