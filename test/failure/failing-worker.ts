import type { Type } from '@nestjs/common';
import type { MQTTSharedServerOptions } from 'nestjs-mqtt-shared';
import type { Ground } from '../support/on-each-broker.js';
import { RawClient } from '../support/raw-client.js';
import type { RecordedPacket } from '../support/recording-proxy.js';
import type { Scene, Worker } from '../support/scene.js';
import { WireRecord } from '../support/wire-record.js';

export interface FailingWorker {
  readonly worker: Worker;
  /** What passes between the worker and the broker, on all its connections. */
  readonly wire: WireRecord;
  /** Publishes. */
  readonly client: RawClient;
  /** Gets every dead letter. */
  readonly deadLetters: RawClient;
}

export const QUICK = { initial: 1, jitter: 0 };

export async function failingWorker(
  { scene, protocolVersion }: Pick<Ground, 'scene' | 'protocolVersion'>,
  brokerUrl: string,
  options: MQTTSharedServerOptions,
  ...controllers: Type[]
): Promise<FailingWorker> {
  const clients = await Promise.all(
    ['publisher', 'dead-letters'].map((clientId) => connect(scene(), brokerUrl, { clientId, protocolVersion })),
  );
  const [client, deadLetters] = clients as [RawClient, RawClient];
  await deadLetters.subscribe('dead-letter/#', { qos: 2 });
  const proxy = await scene().proxy(brokerUrl);
  const worker = await scene().worker({ url: proxy.url, protocolVersion, clientId: 'w', ...options }, ...controllers);
  return { worker, wire: new WireRecord(proxy), client, deadLetters };
}

export async function connect(
  scene: Scene,
  url: string,
  options: Parameters<typeof RawClient.connect>[1],
): Promise<RawClient> {
  const client = await RawClient.connect(url, options);
  scene.onClose(() => client.disconnect());
  return client;
}

/** Reason Code of a PUBACK or PUBREC on the wire; `undefined` on 3.1.1. */
export function reasonCodeOf({ packet }: RecordedPacket): number | undefined {
  return packet.cmd === 'puback' || packet.cmd === 'pubrec' ? packet.reasonCode : undefined;
}
