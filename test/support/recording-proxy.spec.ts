import { afterEach, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';

import { type RecordingProxy, startRecordingProxy } from './recording-proxy.js';

let broker: EmbeddedBroker;
let proxy: RecordingProxy;

afterEach(async () => {
  await proxy.close();
  await broker.close();
});

test.each([4, 5] as const)('the proxy records both directions of version %i and cuts', async (protocolVersion) => {
  broker = new EmbeddedBroker();
  await broker.listen();
  proxy = await startRecordingProxy(broker.url);
  const client = await mqtt.connectAsync(proxy.url, { protocolVersion, clientId: 'c', reconnectPeriod: 0 });
  await client.publishAsync('a/b', 'hello', { qos: 1 });

  const { packet } = await proxy.waitFor(
    ({ packet: { cmd }, direction }) => cmd === 'puback' && direction === 'toClient',
  );
  expect('reasonCode' in packet ? packet.reasonCode : undefined).toBe(protocolVersion === 5 ? 0x10 : undefined);
  expect(proxy.recorded.map(({ direction, packet: { cmd } }) => `${direction} ${cmd}`)).toEqual([
    'toServer connect',
    'toClient connack',
    'toServer publish',
    'toClient puback',
  ]);

  const closed = new Promise((resolve) => client.once('close', () => resolve(undefined)));
  proxy.cut();
  await closed;
  await client.endAsync(true);
});
