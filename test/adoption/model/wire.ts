import type {
  Acknowledgement,
  OutboundPublish,
  ProtocolVersion,
  SubscriptionRequest,
  Wire,
  WireListener,
} from '../../../lib/session/wire.js';
import { NO_LIMITS } from '../../support/no-limits.js';
import type { Connection, ToClient } from './broker.js';

interface Waiting {
  readonly resolve: (codes: readonly number[]) => void;
  readonly reject: ((error: Error) => void) | undefined;
}

/** The client's end of a {@link Connection}. It reads a packet when {@link readOn} is called. */
export class ModelWire implements Wire {
  readonly native = undefined;
  readonly address = 'mqtt://model:1883';
  readonly announced = {};
  readonly limits = NO_LIMITS;
  readonly clientId: string;
  open = true;
  sessionPresent = false;
  isUp = false;
  private started = false;
  private paused = false;
  private disconnecting = false;
  private lastId = 0;
  private readonly answers = new Map<number, Waiting>();
  private readonly pings: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private readonly ends: (() => void)[] = [];

  constructor(
    readonly connection: Connection,
    readonly protocolVersion: ProtocolVersion,
    private readonly listener: WireListener,
    private readonly settle: { up: (wire: Wire) => void; failed: (error: Error) => void },
  ) {
    this.clientId = connection.clientId;
  }

  /** Whether there is something that would be read now. */
  get canRead(): boolean {
    const next = this.connection.toClient[0];
    if (!this.open || next === undefined) return false;
    if (next.kind === 'end' || (next.kind === 'publish' && !this.started)) return next.kind === 'end';
    return !this.paused || this.disconnecting;
  }

  readOn(): void {
    if (!this.canRead) return;
    const packet = this.connection.toClient.shift();
    if (packet !== undefined) this.read(packet);
  }

  /** Swaps two messages that are next, as a broker may where they are of different topics. */
  reorder(): void {
    const [first, second] = this.connection.toClient;
    if (first?.kind !== 'publish' || second?.kind !== 'publish' || first.message.topic === second.message.topic) return;
    this.connection.toClient.splice(0, 2, second, first);
  }

  /** Has the next message arrive twice. */
  duplicate(): void {
    const [first] = this.connection.toClient;
    if (first?.kind === 'publish') this.connection.toClient.unshift({ ...first, dup: true });
  }

  private read(packet: ToClient): void {
    switch (packet.kind) {
      case 'connack':
        this.isUp = true;
        this.sessionPresent = packet.sessionPresent;
        this.settle.up(this);
        break;
      case 'publish': {
        const { message, packetId, dup } = packet;
        const { topic, retain } = message;
        const payload = Buffer.from(message.payload);
        const more = this.listener.publish({ topic, payload, retain, packetId, dup, qos: 1, properties: undefined });
        if (!more) this.paused = true;
        break;
      }
      case 'answer':
        this.answers.get(packet.id)?.resolve(packet.codes);
        this.answers.delete(packet.id);
        break;
      case 'pingresp':
        this.pings.shift()?.resolve();
        break;
      case 'end':
        this.ended();
        break;
      default:
    }
  }

  private ended(): void {
    this.open = false;
    const error = new Error('The connection ended.');
    if (!this.isUp) {
      this.settle.failed(error);
      return;
    }
    for (const { reject } of this.answers.values()) reject?.(error);
    for (const { reject } of this.pings) reject(error);
    this.listener.closed({ error });
    for (const end of this.ends) end();
  }

  private requireOpen(): void {
    if (!this.open || this.disconnecting) throw new Error('The connection ended before.');
  }

  private ask(packet: (id: number) => Connection['toBroker'][number]): Promise<readonly number[]> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.answers.set(id, { resolve, reject });
      this.connection.toBroker.push(packet(id));
    });
  }

  async subscribe(subscriptions: readonly SubscriptionRequest[]): Promise<number[]> {
    this.requireOpen();
    return [...(await this.ask((id) => ({ kind: 'subscribe', subscriptions, id })))];
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    this.requireOpen();
    await this.ask((id) => ({ kind: 'unsubscribe', filters, id }));
  }

  publish(message: OutboundPublish, done: (error: Error | undefined, reasonCode: number) => void): void {
    if (!this.open || this.disconnecting) return;
    const id = ++this.lastId;
    this.answers.set(id, { resolve: () => done(undefined, 0), reject: undefined });
    const { topic, payload, retain } = message;
    this.connection.toBroker.push({ kind: 'publish', message: { topic, payload: String(payload), retain }, id });
  }

  acknowledge({ packetId }: Acknowledgement): void {
    if (this.open && !this.disconnecting) this.connection.toBroker.push({ kind: 'puback', packetId });
  }

  flush(): void {}

  resume(): void {
    this.started = true;
    this.paused = false;
  }

  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.requireOpen();
      this.pings.push({ resolve, reject });
      this.connection.toBroker.push({ kind: 'pingreq' });
    });
  }

  disconnect({ sessionExpiryInterval }: { sessionExpiryInterval?: number } = {}): Promise<void> {
    if (!this.open) return Promise.resolve();
    if (!this.disconnecting) {
      const endsSession = this.protocolVersion === 5 && sessionExpiryInterval === 0;
      this.connection.toBroker.push({ kind: 'disconnect', endsSession });
    }
    this.disconnecting = true;
    this.started = true;
    return new Promise((resolve) => this.ends.push(resolve));
  }

  destroy(): void {
    if (!this.open) return;
    this.disconnecting = true;
    this.connection.toBroker.push({ kind: 'end' });
    this.connection.toClient.splice(0, Infinity, { kind: 'end' });
  }
}
