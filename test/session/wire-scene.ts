import { afterEach, beforeEach } from '@jest/globals';
import type { IPublishPacket } from 'mqtt-packet';
import { openMqttWire } from '../../lib/session/mqtt-wire.js';
import type { OutboundPublish, Wire, WireOptions } from '../../lib/session/wire.js';
import { type ScriptedConnection, ScriptedServer } from '../support/scripted-server.js';
import { RecordingListener } from './recording-listener.js';

/** Wires to a server that does what the test says; both end with the test. */
export class WireScene {
  server!: ScriptedServer;
  listener = new RecordingListener();
  private wires: Wire[] = [];

  /** A scene that each test of the file has anew. */
  static forEachTest(): WireScene {
    const scene = new WireScene();
    beforeEach(async () => {
      scene.server = await ScriptedServer.start();
      scene.listener = new RecordingListener();
    });
    afterEach(async () => {
      for (const wire of scene.wires.splice(0)) wire.destroy();
      await scene.server.stop();
    });
    return scene;
  }

  async open(options: Partial<WireOptions> = {}): Promise<Wire> {
    const wire = await openMqttWire(
      {
        url: this.server.url,
        protocolVersion: 5,
        clientId: 'worker-1',
        clean: false,
        sessionExpiryInterval: 60,
        keepalive: 60,
        connectTimeout: 5_000,
        ...options,
      },
      this.listener,
    );
    this.wires.push(wire);
    return wire;
  }
}

export function message(
  payload: string,
  { qos = 0, ...rest }: Partial<IPublishPacket> = {},
  topic = 'jobs/a',
): IPublishPacket {
  return { cmd: 'publish', topic, payload, qos, dup: false, retain: false, ...rest };
}

export function outgoing(payload: string, qos: 0 | 1 | 2): OutboundPublish {
  return { topic: 'jobs/a', payload, qos, retain: false };
}

/** What `done` of a publish was called with. */
export function publish(wire: Wire, payload: string, qos: 0 | 1 | 2): Promise<{ error?: Error; reasonCode: number }> {
  return new Promise((resolve) => {
    wire.publish(outgoing(payload, qos), (error, reasonCode) => resolve({ error, reasonCode }));
  });
}

/** Grants what is asked for, except the filters in `codes`. */
export async function answerSubscribes(connection: ScriptedConnection, codes: Record<string, number>, count: number) {
  for (let number = 1; number <= count; number++) {
    const { messageId, subscriptions } = await connection.waitFor('subscribe', number);
    const granted = subscriptions.map(({ topic, qos }) => codes[topic] ?? qos);
    connection.send({ cmd: 'suback', messageId, granted });
  }
}
