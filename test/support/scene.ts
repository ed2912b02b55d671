import 'reflect-metadata';
import { type INestMicroservice, Logger, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import mqtt, { type MqttClient } from 'mqtt';
import { type MQTTSharedServerOptions, ServerMQTTShared } from 'nestjs-mqtt-shared';
import { EmbeddedBroker, type EmbeddedBrokerOptions } from 'nestjs-mqtt-shared/testing';
import { type Mosquitto, type MosquittoOptions, startMosquitto } from './mosquitto.js';
import { RawClient } from './raw-client.js';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.js';
import { ServerEventLog } from './server-event-log.js';

export interface Worker {
  readonly server: ServerMQTTShared;
  readonly events: ServerEventLog;
  close(): Promise<void>;
}

/** Publishes and hides how; each promise resolves when the broker has taken everything. */
export interface TestPublisher {
  /** One after another, so that the order in which the broker takes them is that of `payloads`. */
  publish(topic: string, payloads: readonly string[], qos?: 0 | 1 | 2): Promise<void>;
  /** As many under way as brokers allow. */
  publishEach(messages: Iterable<{ topic: string; payload: string }>, qos?: 0 | 1 | 2): Promise<void>;
}

/** A session that outlives its connections, and no other connection on the wire. */
const ON_ITS_OWN = { adoption: false, clientId: 'test-worker', broker: 'mosquitto' } as const;

/** What a test has started; all of it ends with {@link close}, what came last first. */
export class Scene {
  readonly #endings: (() => unknown)[] = [];

  onClose(end: () => unknown): void {
    this.#endings.push(end);
  }

  async close(): Promise<void> {
    for (let end = this.#endings.pop(); end; end = this.#endings.pop()) await end();
  }

  async embeddedBroker(options?: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
    const broker = new EmbeddedBroker(options);
    await broker.listen();
    this.onClose(() => broker.close());
    return broker;
  }

  async mosquitto(options?: MosquittoOptions): Promise<Mosquitto> {
    const broker = await startMosquitto(options);
    this.onClose(() => broker.stop());
    return broker;
  }

  async proxy(brokerUrl: string): Promise<RecordingProxy> {
    const proxy = await startRecordingProxy(brokerUrl);
    this.onClose(() => proxy.close());
    return proxy;
  }

  /** A Nest application on `ServerMQTTShared`, once it listens. */
  async worker(options: MQTTSharedServerOptions, ...controllers: Type[]): Promise<Worker> {
    const module = await Test.createTestingModule({ controllers }).compile();
    Logger.overrideLogger(false); // after Test has installed its own; events say what the log would
    const server = new ServerMQTTShared({ ...ON_ITS_OWN, drainTimeout: 2_000, ...options });
    const events = new ServerEventLog(server);
    const app: INestMicroservice = module.createNestMicroservice({ strategy: server });
    await app.listen();
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= app.close());
    this.onClose(close);
    return { server, events, close };
  }

  /** A session that gathers messages while nobody is connected, for whoever comes with this Client Identifier. */
  async leaveSession(url: string, clientId: string, filter: string, protocolVersion: 4 | 5): Promise<void> {
    const client = await mqtt.connectAsync(url, {
      protocolVersion,
      clientId,
      clean: false,
      properties: protocolVersion === 5 ? { sessionExpiryInterval: 600 } : undefined,
      reconnectPeriod: 0,
    });
    await client.subscribeAsync(filter, { qos: 2 });
    await client.endAsync();
  }

  /** Whether the broker has a session of this client. Asking ends it. */
  async sessionPresent(url: string, clientId: string, protocolVersion: 4 | 5): Promise<boolean> {
    const client = await RawClient.connect(url, { protocolVersion, clientId, clean: false });
    const present = client.connack.sessionPresent;
    await client.disconnect();
    const clean = await RawClient.connect(url, { protocolVersion, clientId, clean: true });
    await clean.disconnect();
    return present;
  }

  async publisher(url: string, protocolVersion: 4 | 5 = 5): Promise<TestPublisher> {
    const client = await mqtt.connectAsync(url, { protocolVersion, reconnectPeriod: 0 });
    this.onClose(() => client.endAsync(true));
    return publisherOver(client);
  }
}

/** Mosquitto's Receive Maximum, which mqtt.js does not keep to by itself. */
const UNDER_WAY = 20;

function publisherOver(client: MqttClient): TestPublisher {
  return {
    async publish(topic, payloads, qos = 1) {
      for (const payload of payloads) await client.publishAsync(topic, payload, { qos });
    },
    async publishEach(messages, qos = 1) {
      const left = messages[Symbol.iterator]();
      const lane = async (): Promise<void> => {
        for (let next = left.next(); !next.done; next = left.next()) {
          const { topic, payload } = next.value;
          await client.publishAsync(topic, payload, { qos });
        }
      };
      await Promise.all(Array.from({ length: UNDER_WAY }, lane));
    },
  };
}

/** `m1`, `m2`, … */
export function ids(count: number, prefix = 'm'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}
