import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { filters } from './protocol/filters.js';
import { messages } from './protocol/messages.js';
import type { Peculiarities } from './protocol/peculiarities.js';
import { ProtocolStage } from './protocol/protocol-stage.js';
import { sessions } from './protocol/sessions.js';
import { sharedSubscriptions } from './protocol/shared-subscriptions.js';
import { wills } from './protocol/wills.js';
import { window } from './protocol/window.js';
import type { RunningBroker } from './support/broker.js';

const PARTS = [sharedSubscriptions, sessions, window, messages, wills, filters];

/** MQTT itself, packet by packet: what has to hold on every broker that this library's tests rely on. */
export function protocolSuite(name: string, start: () => Promise<RunningBroker>, peculiar: Peculiarities): void {
  describe.each([4, 5] as const)(`${name}, protocol version %i`, (protocolVersion) => {
    const stage = new ProtocolStage(protocolVersion, peculiar);
    let broker: RunningBroker;
    beforeAll(async () => {
      broker = await start();
      stage.url = broker.url;
    });
    afterEach(() => stage.clear());
    afterAll(() => broker.stop());

    for (const part of PARTS) part(stage);
  });
}
