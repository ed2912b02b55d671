import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import type { Broker } from './broker.js';

export const embedded: Broker = {
  name: 'The embedded broker',
  inCI: true,
  missing: () => undefined,
  start: async () => {
    const broker = new EmbeddedBroker();
    await broker.listen();
    broker.refuse('$share/workers/forbidden/#', 0x87);
    return { url: broker.url, stop: () => broker.close() };
  },
};
