import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { hasMosquitto } from './mosquitto.js';
import { Scene } from './scene.js';

export const VERSIONS = [4, 5] as const;

/** What a suite may ask of the broker that it runs on. */
export interface Ground {
  readonly protocolVersion: 4 | 5;
  /** That of the test that runs. */
  readonly scene: () => Scene;
  /** Starts a broker for the test that runs, and resolves with its URL. */
  startBroker(): Promise<string>;
}

const STARTS = {
  'the embedded broker': async (scene: Scene) => (await scene.embeddedBroker()).url,
  // Its default of 1,000 drops what a test publishes faster than workers take it.
  Mosquitto: async (scene: Scene) => (await scene.mosquitto({ config: ['max_queued_messages 0'] })).url,
};

/** The same tests on every broker that is there, in both versions of MQTT. */
export function onEachBroker(define: (ground: Ground) => void): void {
  for (const [name, start] of Object.entries(STARTS)) {
    if (name === 'Mosquitto' && !hasMosquitto()) {
      test.todo('Mosquitto is not installed');
      continue;
    }
    describe.each(VERSIONS)(`on ${name}, protocol version %i`, (protocolVersion) => {
      let scene: Scene;
      beforeEach(() => {
        scene = new Scene();
      });
      afterEach(() => scene.close());
      define({
        protocolVersion,
        scene: () => scene,
        startBroker: () => start(scene),
      });
    });
  }
}

/** For what needs faults that only the embedded broker has. */
export function onVersions(define: (protocolVersion: 4 | 5, scene: () => Scene) => void): void {
  describe.each(VERSIONS)('protocol version %i', (protocolVersion) => {
    let scene: Scene;
    beforeEach(() => {
      scene = new Scene();
    });
    afterEach(() => scene.close());
    define(protocolVersion, () => scene);
  });
}
