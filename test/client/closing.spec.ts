import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ClientMQTTShared } from '../../lib/client/client-mqtt-shared.js';
import { ScriptedServer } from '../support/scripted-server.js';

let server: ScriptedServer;
let client: ClientMQTTShared;
beforeEach(async () => {
  server = await ScriptedServer.start();
  jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
  client = new ClientMQTTShared({ url: server.url, connectTimeout: 600_000, reconnect: { initial: 1, max: 1 } });
});
afterEach(async () => {
  await client.close();
  await server.stop();
  jest.restoreAllMocks();
});

/** Says nothing from now on; resolves when somebody has asked to connect. */
function fallSilent(): Promise<void> {
  return new Promise((resolve) => (server.script = () => resolve()));
}

describe('close() of a client to whose CONNECT nobody answers', () => {
  it('ends its first connection, rejects connect(), and closed is the last that its status says', async () => {
    const statuses: string[] = [];
    client.status.subscribe((status) => statuses.push(status));
    const asked = fallSilent();
    const connected = client.connect();
    connected.catch(() => {});
    await asked;
    await client.close();
    await server.connection.left;
    await expect(connected).rejects.toThrow('stopped');
    expect(statuses).toEqual(['closed']);
  });

  it('ends a later connection', async () => {
    await client.connect();
    const asked = fallSilent();
    server.connection.destroy();
    await asked;
    await client.close();
    await server.connection.left;
    expect(server.connections).toHaveLength(2);
  });
});
