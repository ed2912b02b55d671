import { randomBytes } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { MqttRecordBuilder } from '@nestjs/microservices';
import { ClientMQTTShared, type ClientMQTTSharedOptions, type MQTTSharedServerOptions } from 'nestjs-mqtt-shared';
import { lastValueFrom } from 'rxjs';
import { Child } from '../../support/child/child.js';
import { RawClient } from '../../support/raw-client.js';
import type { RecordingProxy } from '../../support/recording-proxy.js';
import { Scene, type Worker } from '../../support/scene.js';
import { Load } from './load.js';
import { GIVEN_URL } from './broker.js';
import type { Traits } from './traits.js';
import { Work } from './work.js';

const THIS_RUN = randomBytes(3).toString('hex');
let tests = 0;

/** What one test has on a broker that it shares with others: names of its own, and an end for all that it starts. */
export class Stage {
  readonly work: Work;
  /** The first level of every topic of this test; also the stem of its Client Identifiers. */
  readonly root = `t${THIS_RUN}-${++tests}`;
  private readonly scene = new Scene();

  constructor(
    readonly url: string,
    readonly protocolVersion: 4 | 5,
    readonly traits: Traits,
  ) {
    this.work = new Work(traits.patience);
    this.scene.onClose(() => this.work.releaseAll());
  }

  async close(): Promise<void> {
    await this.scene.close();
    if (GIVEN_URL === undefined) return;
    await this.endSessions();
    await this.scene.close();
  }

  /** A broker that was there before the test goes on after it: without sessions of killed workers, and those that are left for others. */
  private async endSessions(): Promise<void> {
    const observer = await this.rawClient('observer');
    await observer.subscribe(`${this.root}/presence/+/+`);
    // Artemis answers PINGREQ before it has sent what is retained
    await observer.publish(`${this.root}/presence/none/last`, 'last');
    await observer.waitForPayload('last');
    for (const { topic, payload } of observer.publishes.filter(({ retain }) => retain)) {
      const { clientId } = JSON.parse(payload.toString()) as { clientId: string };
      const { url, protocolVersion } = this;
      await (await RawClient.connect(url, { protocolVersion, clientId, clean: true })).disconnect();
      await observer.publish(topic, '', { retain: true });
    }
  }

  topic(name: string): string {
    return `${this.root}/${name}`;
  }

  /** The library's own defaults, but for names and for a shorter wait before adoption. */
  options(name: string): MQTTSharedServerOptions {
    const { url, protocolVersion, root } = this;
    return {
      url,
      protocolVersion,
      clientId: `${root}-${name}`,
      adoption: { after: 300, topic: `${root}/presence` },
      broker: 'auto',
      drainTimeout: 10_000,
    };
  }

  worker(name: string, controllers: readonly Type[], options: MQTTSharedServerOptions = {}): Promise<Worker> {
    return this.scene.worker({ ...this.options(name), ...options }, ...controllers);
  }

  /** A worker in a process of its own that never ends a message, for {@link Child.kill}. */
  async stuckProcess(name: string, filter: string): Promise<Child<'worker-process'>> {
    const child = await Child.start('worker-process', { server: this.options(name), qos: 1, filter });
    this.scene.onClose(() => child.kill());
    return child;
  }

  proxy(): Promise<RecordingProxy> {
    return this.scene.proxy(this.url);
  }

  client(options: ClientMQTTSharedOptions = {}): ClientMQTTShared {
    const { url, protocolVersion } = this;
    const client = new ClientMQTTShared({ url, protocolVersion, ...options });
    this.scene.onClose(() => client.close());
    return client;
  }

  /** A client of the broker that sees and sends every packet. */
  async rawClient(name: string): Promise<RawClient> {
    const { url, protocolVersion, root } = this;
    const client = await RawClient.connect(url, { protocolVersion, clientId: `${root}-${name}`, clean: true });
    this.scene.onClose(() => client.disconnect());
    return client;
  }

  /** Hands all of them to the broker at once; resolves when it has taken them. */
  async publish(topic: string, ids: readonly string[], qos: 0 | 1 | 2 = 1): Promise<void> {
    const client = this.client({ qos });
    await this.publishOver(client, topic, ids);
    await client.close();
  }

  async publishOver(client: ClientMQTTShared, topic: string, ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => lastValueFrom(client.emit(topic, id), { defaultValue: undefined })));
  }

  /** Messages that go on coming; at no time more of them than brokers queue: HiveMQ drops what exceeds 1,000. */
  load(topic: string): Load {
    const client = this.client();
    return new Load((batch) => this.publishOver(client, topic, batch), this.work);
  }

  async publishRetained(topic: string, id: string): Promise<void> {
    const client = this.client();
    const publish = async (data: string): Promise<void> => {
      const record = new MqttRecordBuilder(data).setRetain(true).setQoS(1).build();
      await lastValueFrom(client.emit(topic, record), { defaultValue: undefined });
    };
    this.scene.onClose(() => publish(''));
    await publish(id);
  }
}
