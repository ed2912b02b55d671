import { describe } from '@jest/globals';
import { EmbeddedBroker } from '../../lib/testing/index.js';
import { hasMosquitto, startMosquitto } from '../support/mosquitto.js';

export interface RunningBroker {
  readonly url: string;
  stop(): Promise<void>;
}

interface BrokerKind {
  readonly name: string;
  start(): Promise<RunningBroker>;
}

const embedded: BrokerKind = {
  name: 'the embedded broker',
  start: async () => {
    const broker = new EmbeddedBroker();
    await broker.listen();
    return { url: broker.url, stop: () => broker.close() };
  },
};

const mosquitto: BrokerKind = { name: 'Mosquitto', start: () => startMosquitto() };

/** The same tests on every broker that is there, on both protocol versions. */
export function onEveryBroker(tests: (start: BrokerKind['start'], protocolVersion: 4 | 5) => void): void {
  for (const { name, start } of hasMosquitto() ? [embedded, mosquitto] : [embedded]) {
    for (const protocolVersion of [4, 5] as const) {
      describe(`on ${name}, protocol version ${protocolVersion}`, () => {
        tests(start, protocolVersion);
      });
    }
  }
}
