import { describe, expect, test } from '@jest/globals';
import type { RawClient, RawOptions } from '../../support/raw-client.js';
import type { ProtocolStage } from './protocol-stage.js';

export function wills(stage: ProtocolStage): void {
  const { connect, connectPersistent, protocolVersion, scene } = stage;
  describe('a will', () => {
    const will = (properties?: { willDelayInterval: number }): Partial<RawOptions> => ({
      will: { topic: `${stage.root}/will`, payload: Buffer.from('gone'), qos: 1, retain: false, properties },
    });

    async function watched(): Promise<RawClient> {
      await scene();
      const watcher = await connect('watcher');
      await watcher.subscribe(`${stage.root}/#`);
      return watcher;
    }

    test('is published when the connection breaks', async () => {
      const watcher = await watched();
      await (await connect('worker', will())).cut();

      expect((await watcher.waitForPayload('gone')).topic).toBe(`${stage.root}/will`);
    });

    test('is not published after DISCONNECT', async () => {
      const watcher = await watched();
      const worker = await connect('worker', will());
      await worker.disconnect();
      await (await connect('worker')).ping();
      await watcher.ping();

      expect(watcher.publishes).toEqual([]);
    });

    test('is cancelled by a takeover that keeps the session', async () => {
      const watcher = await watched();
      const worker = await connectPersistent('worker', will());
      const successor = await connectPersistent('worker');
      await worker.closed;
      await successor.publish(`${stage.root}/alive`, 'alive');
      await watcher.waitForPayload('alive');

      expect(watcher.payloads).toEqual(['alive']);
    });

    test('is published by a takeover with a clean start, before anything of the new connection', async () => {
      const watcher = await watched();
      const worker = await connectPersistent('worker', will());
      const successor = await connect('worker', { clean: true });
      await worker.closed;
      await successor.publish(`${stage.root}/alive`, 'alive');
      await watcher.waitForPayload('alive');

      expect(watcher.payloads).toEqual(['gone', 'alive']);
    });

    if (protocolVersion === 5) {
      test('is published after a DISCONNECT with Reason Code 0x04', async () => {
        const watcher = await watched();
        await (await connect('worker', will())).disconnect({ reasonCode: 0x04 });

        expect((await watcher.waitForPayload('gone')).topic).toBe(`${stage.root}/will`);
      });

      test('is held back for the Will Delay Interval and published then', async () => {
        const watcher = await watched();
        const started = Date.now();
        await (await connectPersistent('worker', will({ willDelayInterval: 1 }))).cut();
        await watcher.waitForPayload('gone');

        // a broker may count whole seconds of its own clock
        expect(Date.now() - started).toBeGreaterThan(200);
      });

      test('is cancelled by a reconnect within the Will Delay Interval', async () => {
        const watcher = await watched();
        await (await connectPersistent('worker', will({ willDelayInterval: 1 }))).cut();
        await connectPersistent('worker');
        // a second client's will of the same delay is the clock
        const clock = await connectPersistent('clock', {
          will: {
            topic: `${stage.root}/clock`,
            payload: Buffer.from('time is up'),
            qos: 1,
            retain: false,
            properties: { willDelayInterval: 2 },
          },
        });
        await clock.cut();
        await watcher.waitForPayload('time is up');

        expect(watcher.payloads).toEqual(['time is up']);
      });
    }
  });
}
