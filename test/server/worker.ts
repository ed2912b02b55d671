import 'reflect-metadata';
import { Controller, type INestMicroservice, type ModuleMetadata, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type MQTTSharedServerOptions, ServerMQTTShared, SharedPattern } from 'nestjs-mqtt-shared';
import { EmbeddedBroker, type EmbeddedBrokerOptions } from 'nestjs-mqtt-shared/testing';
import { RecordedLog } from './recorded-log.js';
import { Timeline } from './timeline.js';

/** What servers tell each other, which is no message of the application's. */
const PRESENCE = 'nestjs-mqtt-shared/presence/';

/** Takes the messages with which {@link Scene.neverAcknowledged} finds out what the broker has not been told. */
@Controller()
class SentinelController {
  @SharedPattern('workers', 'sentinel/+')
  pass(): void {}
}

export interface WorkerOptions extends Pick<ModuleMetadata, 'providers' | 'imports'> {
  controllers: Type[];
  server?: MQTTSharedServerOptions;
  /** Called before `listen()`. */
  configure?: (app: INestMicroservice) => void;
}

/**
 * A broker, a worker and the timeline of both. Messages are known by their topics, so each test has topics of its own:
 * `acknowledged jobs/1` is what the broker got, `failed jobs/1` and `held jobs/1` are what the server says.
 */
export class Scene {
  readonly log = RecordedLog.install();
  readonly timeline = new Timeline();
  readonly failures = new Map<string, unknown[]>();
  readonly apps: { close(): Promise<void> }[] = [];
  broker!: EmbeddedBroker;
  server!: ServerMQTTShared;
  app!: INestMicroservice;
  private sentinels = 0;

  static async open(worker?: WorkerOptions, broker?: EmbeddedBrokerOptions): Promise<Scene> {
    const scene = new Scene();
    scene.broker = new EmbeddedBroker(broker);
    await scene.broker.listen();
    scene.broker.on('acknowledge', ({ topic, reasonCode }) => {
      if (topic.startsWith(PRESENCE)) return;
      scene.timeline.add(`${reasonCode < 0x80 ? 'acknowledged' : 'rejected'} ${topic}`);
    });
    if (worker !== undefined) await scene.start(worker);
    return scene;
  }

  /** Fails on the first attempt, keeps what failed, and acknowledges as handlers finish, unless told otherwise. */
  newServer(options: MQTTSharedServerOptions = {}): ServerMQTTShared {
    const server = new ServerMQTTShared({
      url: this.broker.url,
      onError: { attempts: 1 },
      receiveMaximum: 1_000,
      redeliverAfter: 600_000,
      drainTimeout: 2_000,
      ackOrder: 'completion',
      reconnect: { initial: 5, max: 5, jitter: 0 },
      ...options,
    });
    server.on('failed', ({ message, error }) => {
      this.failures.set(message.topic, [...(this.failures.get(message.topic) ?? []), error]);
      this.timeline.add(`failed ${message.topic}`);
    });
    server.on('held', ({ message }) => this.timeline.add(`held ${message.topic}`));
    server.on('joined', ({ message }) => this.timeline.add(`joined ${message.topic}`));
    server.on('reply-ignored', ({ message }) => this.timeline.add(`reply-ignored ${message.topic}`));
    server.status.subscribe((status) => this.timeline.add(`status ${status}`));
    return server;
  }

  async create({ controllers, providers, imports, server, configure }: WorkerOptions): Promise<void> {
    const module = Test.createTestingModule({ controllers: [...controllers, SentinelController], providers, imports });
    const compiled = await module.setLogger(this.log).compile();
    this.server = this.newServer(server);
    this.app = compiled.createNestMicroservice({ strategy: this.server });
    this.apps.push(this.app);
    configure?.(this.app);
  }

  async start(worker: WorkerOptions): Promise<void> {
    await this.create(worker);
    await this.app.listen();
  }

  async publish(topic: string, payload: unknown = {}, qos: 0 | 1 | 2 = 1): Promise<void> {
    await this.broker.publish(topic, Buffer.isBuffer(payload) ? payload : JSON.stringify(payload), { qos });
  }

  /** The last error with which the handling of a topic's message failed. */
  failure(topic: string): unknown {
    return this.failures.get(topic)?.at(-1);
  }

  /**
   * Resolves when it is certain that the broker has no acknowledgement of this message yet: one that had been written
   * before would have come before that of a message published now.
   */
  async neverAcknowledged(topic: string): Promise<void> {
    await this.pass();
    const told = this.timeline.of(topic).filter((entry) => entry === 'acknowledged' || entry === 'rejected');
    if (told.length > 0) throw new Error(`The message of ${topic} was ${told.join(' and ')}.`);
  }

  /** A message there, its acknowledgement back. */
  async pass(): Promise<void> {
    const sentinel = `sentinel/${++this.sentinels}`;
    await this.publish(sentinel);
    await this.timeline.until(`acknowledged ${sentinel}`);
  }

  async close(): Promise<void> {
    for (const app of this.apps) await app.close();
    await this.broker.close();
  }
}
