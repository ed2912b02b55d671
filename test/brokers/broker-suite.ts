import { afterAll, afterEach, beforeAll, beforeEach, describe, jest } from '@jest/globals';
import { acknowledgement } from './suite/acknowledgement.js';
import { backpressure } from './suite/backpressure.js';
import { distribution } from './suite/distribution.js';
import { failures } from './suite/failures.js';
import type { Ground } from './suite/ground.js';
import { groups } from './suite/groups.js';
import { refusals } from './suite/refusals.js';
import { requests } from './suite/requests.js';
import { sessions } from './suite/sessions.js';
import { type Broker, ifThere, type RunningBroker } from './support/broker.js';
import { Stage } from './support/stage.js';
import type { Traits } from './support/traits.js';

const PARTS = [distribution, groups, acknowledgement, backpressure, requests, failures, sessions, refusals];

/** What the library promises to its users, on this broker, in both versions of MQTT. */
export function brokerSuite(broker: Broker, traits: Traits): void {
  ifThere(broker, (start) => {
    describe(`On ${broker.name}`, () => {
      let running: RunningBroker;
      jest.setTimeout(4 * traits.patience);
      beforeAll(async () => {
        running = await start();
      });
      afterAll(() => running.stop());

      describe.each([4, 5] as const)('protocol version %i:', (protocolVersion) => {
        let stage: Stage;
        beforeEach(() => {
          stage = new Stage(running.url, protocolVersion, traits);
        });
        afterEach(() => stage.close());
        const ground: Ground = { traits, protocolVersion, stage: () => stage };
        for (const part of PARTS) part(ground);
      });
    });
  });
}
