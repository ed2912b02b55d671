import type {
  Acknowledgement,
  InboundPublish,
  OutboundPublish,
  ProtocolVersion,
  ServerLimits,
  SubscriptionRequest,
  Wire,
  WireListener,
} from '../../lib/session/wire.js';
import { NO_LIMITS } from './no-limits.js';

/** A message that was published and waits for the test to confirm it. */
export interface Sent {
  readonly message: OutboundPublish;
  readonly payload: string;
  confirm(reasonCode?: number): void;
  refuse(reasonCode: number): void;
}

export interface FakeWireOptions {
  protocolVersion?: ProtocolVersion;
  limits?: Partial<ServerLimits>;
  /** Reason Codes of SUBACK by filter; otherwise what was asked for is granted. */
  subacks?: Record<string, number>;
}

/** One network connection that does what the test says. Publishes wait for {@link Sent.confirm}. */
export class FakeWire implements Wire {
  readonly clientId = 'fake';
  readonly address = 'mqtt://fake:1883';
  readonly sessionPresent = false;
  readonly native = { fake: true };
  readonly announced = {};
  readonly protocolVersion: ProtocolVersion;
  readonly limits: ServerLimits;
  open = true;
  /** Everything that was asked of it, in order: `publish a/b`, `subscribe x`, `unsubscribe x`, `disconnect`. */
  readonly log: string[] = [];
  readonly sent: Sent[] = [];
  /** Answers SUBSCRIBE; replace it to withhold an answer. */
  onSubscribe: (subscriptions: readonly SubscriptionRequest[]) => Promise<number[]>;
  listener: WireListener | undefined;
  private unconfirmed = 0;
  /** The most QoS 1 and 2 publishes that were unconfirmed at once. */
  mostUnconfirmed = 0;

  constructor({ protocolVersion = 5, limits = {}, subacks = {} }: FakeWireOptions = {}) {
    this.protocolVersion = protocolVersion;
    this.limits = { ...NO_LIMITS, ...limits };
    this.onSubscribe = async (subscriptions) => subscriptions.map(({ filter, qos }) => subacks[filter] ?? qos);
  }

  get payloads(): string[] {
    return this.sent.map(({ payload }) => payload);
  }

  get topics(): string[] {
    return this.sent.map(({ message }) => message.topic);
  }

  subscribe(subscriptions: readonly SubscriptionRequest[]): Promise<number[]> {
    for (const { filter } of subscriptions) this.log.push(`subscribe ${filter}`);
    return this.onSubscribe(subscriptions);
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    for (const filter of filters) this.log.push(`unsubscribe ${filter}`);
  }

  publish(message: OutboundPublish, done: (error: Error | undefined, reasonCode: number) => void): void {
    this.log.push(`publish ${message.topic}`);
    if (message.qos > 0) this.mostUnconfirmed = Math.max(this.mostUnconfirmed, ++this.unconfirmed);
    const settle = (error: Error | undefined, reasonCode: number): void => {
      if (message.qos > 0) this.unconfirmed--;
      if (this.open) done(error, reasonCode);
    };
    this.sent.push({
      message,
      payload: message.payload.toString(),
      confirm: (reasonCode = 0) => settle(undefined, reasonCode),
      refuse: (reasonCode) => settle(new Error('refused'), reasonCode),
    });
  }

  /** A message arrives. */
  deliver(packet: Pick<InboundPublish, 'topic'> & Partial<InboundPublish>): void {
    const defaults = {
      payload: Buffer.alloc(0),
      qos: 0,
      dup: false,
      retain: false,
      packetId: 0,
      properties: undefined,
    };
    this.listener?.publish({ ...(defaults as Omit<InboundPublish, 'topic'>), ...packet });
  }

  /** The network connection ends, and its owner is told. */
  end(error = new Error('cut')): void {
    if (!this.open) return;
    this.open = false;
    this.listener?.closed({ error });
  }

  async disconnect(): Promise<void> {
    this.log.push('disconnect');
    this.end();
  }

  destroy(): void {
    this.log.push('destroy');
    this.end();
  }

  acknowledge(_acknowledgement: Acknowledgement): void {}

  flush(): void {}

  resume(): void {}

  async ping(): Promise<void> {}
}
