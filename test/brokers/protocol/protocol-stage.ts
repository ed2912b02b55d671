import { randomBytes } from 'node:crypto';
import { RawClient, type RawOptions } from '../../support/raw-client.js';
import type { Peculiarities } from './peculiarities.js';

/** A broker that runs already may keep sessions of the run before. */
const THIS_RUN = randomBytes(3).toString('hex');

/** The broker that the tests of one version of MQTT share, and what each of them has there for itself. */
export class ProtocolStage {
  /** Of the broker, once it runs. */
  url = '';
  /** Tests share a broker, so each has a topic of its own. */
  root = '';
  private topics = 0;
  private clients: RawClient[] = [];

  constructor(
    readonly protocolVersion: 4 | 5,
    readonly peculiar: Peculiarities,
  ) {}

  nextTopic(): void {
    this.root = `${THIS_RUN}/v${this.protocolVersion}/${++this.topics}`;
  }

  readonly connect = async (clientId: string, options: Partial<RawOptions> = {}): Promise<RawClient> => {
    const { protocolVersion, root, url } = this;
    const client = await RawClient.connect(url, { protocolVersion, clientId: `${root}/${clientId}`, ...options });
    this.clients.push(client);
    return client;
  };

  /** A client whose session outlives its connection. */
  readonly connectPersistent = (clientId: string, options: Partial<RawOptions> = {}): Promise<RawClient> =>
    this.connect(clientId, {
      clean: false,
      ...options,
      properties: this.protocolVersion === 5 ? { sessionExpiryInterval: 600, ...options.properties } : undefined,
    });

  /** A fresh topic for a test, and a publisher. */
  readonly scene = (): Promise<RawClient> => {
    this.nextTopic();
    return this.connect('publisher');
  };

  readonly publishAll = async (
    publisher: RawClient,
    payloads: readonly string[],
    qos: 0 | 1 | 2 = 1,
  ): Promise<void> => {
    for (const payload of payloads) await publisher.publish(`${this.root}/jobs`, payload, { qos });
  };

  /** Ends the connections of a test. */
  async clear(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.cut()));
    this.clients = [];
  }
}

export const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

export const settled = (members: readonly RawClient[]): Promise<unknown> =>
  Promise.all(members.map((member) => member.ping()));
