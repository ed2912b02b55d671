import { describe, expect, test } from '@jest/globals';

import { hasMosquitto, startMosquitto } from './mosquitto.js';
import { RawClient } from './raw-client.js';

if (hasMosquitto()) {
  describe('startMosquitto', () => {
    test('starts a broker of its own that takes connections, and ends it', async () => {
      const [one, two] = [await startMosquitto(), await startMosquitto()];
      expect(one.port).not.toBe(two.port);
      const client = await RawClient.connect(one.url, { protocolVersion: 5, clientId: 'c' });
      expect(client.connack.reasonCode).toBe(0);
      await Promise.all([one.stop(), two.stop()]);
      await client.closed;
      expect(() => process.kill(one.pid, 0)).toThrow('ESRCH');
    });

    test('keeps sessions over a restart where persistence was asked for', async () => {
      const broker = await startMosquitto({ persistence: true });
      const session = { protocolVersion: 4, clientId: 'c', clean: false } as const;
      await (await RawClient.connect(broker.url, session)).disconnect();
      const { pid } = broker;
      await broker.restart();
      const back = await RawClient.connect(broker.url, session);

      expect(back.connack.sessionPresent).toBe(true);
      expect(broker.pid).not.toBe(pid);
      await back.cut();
      await broker.stop();
    });

    test('tells what Mosquitto says about a configuration that it does not take', async () => {
      await expect(startMosquitto({ config: ['no_such_option 1'] })).rejects.toThrow(/no_such_option/);
    });
  });
} else {
  test.todo('Mosquitto is not installed');
}
