import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import {
  generate,
  parser,
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type Packet,
} from 'mqtt-packet';

export type PublishOptions = Partial<Pick<IPublishPacket, 'qos' | 'retain' | 'dup' | 'properties'>>;

type Subscription = { topic: string; qos: 0 | 1 | 2; nl?: boolean; rap?: boolean; rh?: number };

export interface RawOptions extends Omit<Partial<IConnectPacket>, 'cmd'> {
  protocolVersion: 4 | 5;
  clientId: string;
  /** `false` leaves every acknowledgement to the test. Default `true`. */
  acknowledge?: boolean;
}

const PATIENCE = 5000;

/** A client that does what the test says and nothing else: it sees every packet, and sends none of its own but acknowledgements. */
export class RawClient {
  readonly packets: Packet[] = [];
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  /** Why the connection ended, where it did not end in peace. */
  error: Error | undefined;
  readonly #socket: Socket;
  readonly #protocolVersion: 4 | 5;
  readonly #acknowledge: boolean;
  readonly #watchers = new Set<() => void>();
  #lastPacketId = 0;

  private constructor(socket: Socket, { protocolVersion, acknowledge = true }: RawOptions) {
    this.#socket = socket;
    this.#protocolVersion = protocolVersion;
    this.#acknowledge = acknowledge;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    const reader = parser({ protocolVersion });
    reader.on('packet', (packet) => this.#received(packet));
    socket.on('data', (chunk) => reader.parse(chunk));
    socket.on('error', (error) => {
      this.error = error;
      socket.destroy();
    });
    socket.on('close', () => this.#wake());
  }

  /** A network connection on which nothing was said yet. */
  static async open(url: string, options: RawOptions): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new RawClient(socket, options);
  }

  /** Resolves after CONNACK, whatever it says. */
  static async connect(url: string, options: RawOptions): Promise<RawClient> {
    const client = await RawClient.open(url, options);
    client.send({ clean: true, keepalive: 0, ...options, cmd: 'connect' });
    await client.waitFor(({ cmd }) => cmd === 'connack');
    return client;
  }

  get connack(): IConnackPacket {
    const packet = this.packets.find(({ cmd }) => cmd === 'connack');
    if (packet?.cmd !== 'connack') throw new Error('No CONNACK yet');
    return packet;
  }

  get publishes(): IPublishPacket[] {
    return this.packets.filter((packet) => packet.cmd === 'publish');
  }

  /** The payloads that arrived, as text. */
  get payloads(): string[] {
    return this.publishes.map(({ payload }) => payload.toString());
  }

  send(packet: Packet): void {
    this.write(generate(packet, { protocolVersion: this.#protocolVersion }));
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Reading stops, so that the kernel's buffers fill. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The first packet that matches, of those that came and those that will. */
  waitFor(predicate: (packet: Packet) => boolean): Promise<Packet> {
    return this.#until(() => this.packets.find(predicate));
  }

  /** Waits until that many PUBLISH packets have come, and returns all of them. */
  waitForPublishes(count: number): Promise<IPublishPacket[]> {
    return this.#until(() => (this.publishes.length >= count ? this.publishes : undefined));
  }

  waitForPayload(payload: string): Promise<IPublishPacket> {
    return this.#until(() => this.publishes.find((publish) => publish.payload.toString() === payload));
  }

  /** Everything that the broker sent before it got this has arrived when this resolves. */
  async ping(): Promise<void> {
    const seen = this.#count('pingresp');
    this.send({ cmd: 'pingreq' });
    await this.#until(() => this.#count('pingresp') > seen || undefined);
  }

  async subscribe(
    subscriptions: string | Subscription[],
    { qos = 1, subscriptionIdentifier }: { qos?: 0 | 1 | 2; subscriptionIdentifier?: number } = {},
  ): Promise<number[]> {
    const messageId = this.#nextPacketId();
    const list = typeof subscriptions === 'string' ? [{ topic: subscriptions, qos }] : subscriptions;
    const properties = subscriptionIdentifier === undefined ? undefined : { subscriptionIdentifier };
    this.send({ cmd: 'subscribe', messageId, subscriptions: list, properties });
    const suback = await this.#answer(['suback'], messageId);
    return suback.cmd === 'suback' ? (suback.granted as number[]) : [];
  }

  async unsubscribe(filter: string): Promise<number[]> {
    const messageId = this.#nextPacketId();
    this.send({ cmd: 'unsubscribe', messageId, unsubscriptions: [filter] });
    const unsuback = await this.#answer(['unsuback'], messageId);
    return unsuback.cmd === 'unsuback' ? (unsuback.granted ?? []) : [];
  }

  /** Resolves when the broker has taken the message, with its Reason Code; at QoS 0 when it is written. */
  async publish(topic: string, payload: string, { qos = 1, ...options }: PublishOptions = {}): Promise<number> {
    const messageId = this.sendPublish(topic, payload, { qos, ...options });
    if (qos === 0) return 0;
    const answer = await this.#answer(['puback', 'pubrec'], messageId);
    const reasonCode = 'reasonCode' in answer ? (answer.reasonCode ?? 0) : 0;
    if (qos === 1 || reasonCode >= 0x80) return reasonCode;
    this.send({ cmd: 'pubrel', messageId, reasonCode: 0 });
    await this.#answer(['pubcomp'], messageId);
    return reasonCode;
  }

  /** Returns the Packet Identifier and waits for nothing. */
  sendPublish(
    topic: string,
    payload: string,
    { qos = 1, retain = false, dup = false, properties }: PublishOptions = {},
  ): number {
    const messageId = this.#nextPacketId();
    this.send({ cmd: 'publish', topic, payload, qos, retain, dup, properties, messageId: qos ? messageId : undefined });
    return messageId;
  }

  /** PUBACK for QoS 1, PUBREC for QoS 2. */
  acknowledge({ qos, messageId }: IPublishPacket, reasonCode = 0): void {
    if (qos > 0) this.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId, reasonCode });
  }

  async disconnect(
    packet: { reasonCode?: number; properties?: { sessionExpiryInterval?: number } } = {},
  ): Promise<void> {
    if (!this.#socket.destroyed) this.send({ cmd: 'disconnect', reasonCode: 0, ...packet });
    this.#socket.end();
    await this.closed;
  }

  /** Ends the connection without DISCONNECT. */
  async cut(): Promise<void> {
    this.#socket.resetAndDestroy();
    await this.closed;
  }

  #received(packet: Packet): void {
    this.packets.push(packet);
    if (this.#acknowledge && packet.cmd === 'publish') this.acknowledge(packet);
    if (this.#acknowledge && packet.cmd === 'pubrel') {
      this.send({ cmd: 'pubcomp', messageId: packet.messageId, reasonCode: 0 });
    }
    this.#wake();
  }

  /** Identifiers start again after 65,535 publishes, so an answer is looked for from the end. */
  #answer(commands: Packet['cmd'][], messageId: number): Promise<Packet> {
    const from = this.packets.length;
    return this.#until(() =>
      this.packets.find(
        (packet, index) => index >= from && commands.includes(packet.cmd) && packet.messageId === messageId,
      ),
    );
  }

  #count(cmd: Packet['cmd']): number {
    return this.packets.filter((packet) => packet.cmd === cmd).length;
  }

  #nextPacketId(): number {
    this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
    return this.#lastPacketId;
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        finish();
      };
      const fail = (why: string): void => {
        const seen = this.packets.map(({ cmd, messageId }) => `${cmd} ${messageId ?? ''}`).join(', ');
        settle(() => reject(new Error(`${why}. Received: ${seen || 'nothing'}`)));
      };
      const look = (): void => {
        const found = find();
        if (found !== undefined) settle(() => resolve(found));
        else if (this.#socket.destroyed) fail('The connection ended first');
      };
      const timer = setTimeout(() => fail(`Not within ${PATIENCE} ms`), PATIENCE);
      this.#watchers.add(look);
      look();
    });
  }
}
