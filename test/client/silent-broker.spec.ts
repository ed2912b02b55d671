import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { ClientMQTTShared } from '../../lib/client/client-mqtt-shared.js';
import { EmbeddedBroker } from '../../lib/testing/index.js';

beforeAll(() => void jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {}));

describe.each([4, 5] as const)('a broker that falls silent, protocol version %i', (protocolVersion) => {
  it('costs no message: what it has not confirmed is sent again on the next connection', async () => {
    const broker = new EmbeddedBroker();
    await broker.listen();
    const client = new ClientMQTTShared({ url: broker.url, protocolVersion, keepalive: 1, clientId: 'publisher' });
    await client.connect();
    broker.silence('publisher');
    const outcome = lastValueFrom(client.emit('jobs/1', 'x'));
    await expect(outcome).resolves.toBeUndefined();
    await client.close();
    await broker.close();
  });
});

describe.each([4, 5] as const)('a broker that does not answer SUBSCRIBE, protocol version %i', (protocolVersion) => {
  it('does not keep what is sent afterwards waiting for ever: the connection is given up for another', async () => {
    const broker = new EmbeddedBroker();
    await broker.listen();
    const withheld = broker.withhold(({ cmd }) => cmd === 'suback');
    const client = new ClientMQTTShared({
      url: broker.url,
      protocolVersion,
      clientId: 'publisher',
      connectTimeout: 100,
      reconnect: { initial: 1, max: 1 },
    });
    await client.connect();
    const asked = client.send('jobs/asked', 'x').subscribe({ error: () => {} });
    await new Promise<void>((resolve) => broker.on('subscribe', () => resolve()));
    const gaveUp = new Promise<void>((resolve) => client.on('disconnect', () => resolve()));
    broker.cut('publisher');
    const emitted = lastValueFrom(client.emit('jobs/1', 'x'));
    await gaveUp;
    await new Promise<void>((resolve) => client.on('disconnect', () => resolve()));
    withheld.drop();
    await expect(emitted).resolves.toBeUndefined();
    asked.unsubscribe();
    await client.close();
    await broker.close();
  });
});
