import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { MqttClient } from 'mqtt';
import { connectDiverted } from '../../lib/session/divert-incoming.js';
import { message, WireScene } from './wire-scene.js';

const scene = WireScene.forEachTest();

describe('What comes in', () => {
  it('goes past mqtt.js where it is a message, and to mqtt.js where it is the answer to its own packets', async () => {
    const wire = await scene.open();
    const seen: string[] = [];
    (wire.native as MqttClient).on('packetreceive', ({ cmd }) => seen.push(cmd));
    (wire.native as MqttClient).on('message', (topic) => seen.push(topic));
    wire.resume();
    const { connection } = scene.server;
    connection.send(
      message('a', { qos: 1, messageId: 1 }),
      message('b', { qos: 2, messageId: 2 }),
      { cmd: 'pubrel', messageId: 2 },
      { cmd: 'pingresp' },
      message('c'),
    );
    await scene.listener.whenReceived('c');
    expect(scene.listener.payloads).toEqual(['a', 'b', 'c']);
    expect(scene.listener.releases).toEqual([2]);
    expect(seen).toEqual(['pingresp']);
  });

  it('is not read at all with an mqtt.js that reads in another way', () => {
    const network = new PassThrough();
    const client = new MqttClient(() => network, { manualConnect: true });
    client.connect = () => {
      client.stream = network;
      network.on('data', () => {});
      return client;
    };
    expect(() => connectDiverted(client, () => new Writable())).toThrow(/reads otherwise .* peer range/);
    expect(network.destroyed).toBe(true);
  });
});
