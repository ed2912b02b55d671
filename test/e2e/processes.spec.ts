import { describe, expect, it } from '@jest/globals';
import { Child } from '../support/child/child.js';
import { hasMosquitto } from '../support/mosquitto.js';
import { VERSIONS } from '../support/on-each-broker.js';
import { ids, Scene } from '../support/scene.js';

const WORKERS = 4;
const MESSAGES = 10_000;
const PATIENCE = 60_000;

(hasMosquitto() ? describe : describe.skip)(`${WORKERS} worker processes on Mosquitto`, () => {
  it.each(VERSIONS)(
    'protocol version %i: exactly one gets each of 10,000 messages, and every one gets some',
    async (protocolVersion) => {
      const scene = new Scene();
      try {
        const { url } = await scene.mosquitto({ config: ['max_queued_messages 0'] });
        const server = { url, protocolVersion, concurrency: 50 };
        const workers = await Promise.all(
          Array.from({ length: WORKERS }, () => Child.start('worker-process', { server, qos: 1, takes: 1 })),
        );
        for (const worker of workers) scene.onClose(() => worker.kill());
        const publisher = await scene.publisher(url, protocolVersion);
        const payloads = ids(MESSAGES);
        await publisher.publishEach(payloads.map((payload) => ({ topic: 'jobs/a', payload })));
        // Closing drains: what a worker has not reported when it has ended it has not handled.
        await Promise.all(workers.map((worker) => worker.close(PATIENCE)));

        const handled = workers.map((worker) => worker.of('handled').flatMap((report) => report.ids));
        expect(handled.flat().toSorted()).toEqual(payloads.toSorted());
        for (const share of handled) expect(share).not.toEqual([]);
      } finally {
        await scene.close();
      }
    },
    PATIENCE,
  );
});
