import { connectAsync } from 'mqtt';
import { childInput, tellParent } from '../support/child.js';
import { now } from '../support/clock.js';
import type { Load, Stamped } from '../support/latency.js';
import { sendAll } from '../support/pace.js';

/** The same for all servers: mqtt.js as it is. */
const { url } = childInput<{ url: string }>();
const client = await connectAsync(url, { protocolVersion: 5 });
process.on('message', (load: Load) => {
  const send = (): Promise<unknown> => {
    const message: Stamped = { sent: now() };
    return client.publishAsync(load.topic, JSON.stringify(message), { qos: 1 });
  };
  void sendAll(load, send).then(() => tellParent({ published: true }));
});
tellParent({ ready: true });
