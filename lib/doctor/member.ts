import type {
  Acknowledgement,
  InboundPublish,
  OutboundPublish,
  OpenWire,
  QoS,
  SubscriptionRequest,
  Wire,
  WireClosed,
  WireListener,
  WireOptions,
} from '../session/wire.js';
import { describeReasonCode } from '../session/reason-code.js';
import { ProbeError, PublishRefused } from './probe-error.js';

/** A message as a probe looks at it: `id` is its payload. */
export interface Received extends InboundPublish {
  readonly id: string;
  /** Milliseconds, `performance.now()`. */
  readonly at: number;
}

/** One connection of a probe. It acknowledges what it gets, or holds it until it is told to. */
export class Member implements WireListener {
  readonly received: Received[] = [];
  /** Why the connection ended, once it has. */
  ended: WireClosed | undefined;
  private held: Received[] = [];
  private readonly unanswered = new Set<(error: Error) => void>();
  private wire: Wire | undefined;

  private constructor(
    readonly clientId: string,
    private acknowledges: boolean,
    private readonly changed: () => void,
  ) {}

  static async open(
    openWire: OpenWire,
    options: WireOptions,
    { acknowledges, changed, signal }: { acknowledges: boolean; changed: () => void; signal?: AbortSignal },
  ): Promise<Member> {
    const member = new Member(options.clientId, acknowledges, changed);
    member.wire = await openWire(options, member, signal);
    member.wire.resume();
    return member;
  }

  private get connection(): Wire {
    if (this.wire === undefined) throw new ProbeError('a connection was used before it was open');
    return this.wire;
  }

  get sessionPresent(): boolean {
    return this.connection.sessionPresent;
  }

  get limits(): Wire['limits'] {
    return this.connection.limits;
  }

  get announced(): Wire['announced'] {
    return this.connection.announced;
  }

  get open(): boolean {
    return this.wire?.open ?? false;
  }

  get ids(): string[] {
    return this.received.map(({ id }) => id);
  }

  /** Of these messages, those that have come here. */
  amongst(ids: readonly string[]): Received[] {
    const wanted = new Set(ids);
    return this.received.filter(({ id }) => wanted.has(id));
  }

  publish(packet: InboundPublish): boolean {
    const received = { ...packet, id: packet.payload.toString(), at: performance.now() };
    this.received.push(received);
    if (packet.qos > 0) this.held.push(received);
    if (this.acknowledges) this.acknowledgeAll();
    this.changed();
    return true;
  }

  released(): void {
    this.changed();
  }

  closed(reason: WireClosed): void {
    this.ended = reason;
    this.held = [];
    const error = reason.error ?? new ProbeError('the connection ended');
    for (const fail of this.unanswered) fail(error);
    this.changed();
  }

  /** Unacknowledged, oldest first. */
  get holding(): readonly Received[] {
    return this.held;
  }

  acknowledge(received: Received, reasonCode = 0): void {
    this.held = this.held.filter((one) => one !== received);
    this.connection.acknowledge({ ...acknowledgementOf(received), reasonCode });
    this.connection.flush();
  }

  /** What is held now, and with `fromNowOn` everything that comes. */
  acknowledgeAll({ fromNowOn = this.acknowledges } = {}): void {
    this.acknowledges = fromNowOn;
    const held = this.held;
    this.held = [];
    for (const received of held) this.connection.acknowledge(acknowledgementOf(received));
  }

  subscribe(request: SubscriptionRequest): Promise<number> {
    return this.connection.subscribe([request]).then(([code]) => code ?? 0x80);
  }

  unsubscribe(filter: string): Promise<void> {
    return this.connection.unsubscribe([filter]);
  }

  ping(): Promise<void> {
    return this.connection.ping();
  }

  /** Resolves with the Reason Code; rejects with {@link PublishRefused}, or when the connection ends first. */
  send(message: Partial<OutboundPublish> & { topic: string; payload: string; qos: QoS }): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.open) return reject(this.ended?.error ?? new ProbeError('the connection had ended'));
      this.unanswered.add(reject);
      this.connection.publish({ retain: false, ...message }, (error, reasonCode) => {
        this.unanswered.delete(reject);
        if (error === undefined) resolve(reasonCode);
        else
          reject(
            new PublishRefused(`a publish to ${message.topic} was refused with ${describeReasonCode(reasonCode)}`),
          );
      });
    });
  }

  /** DISCONNECT; the session stays as CONNECT asked for, or ends with `endSession` (on 5.0). */
  leave({ endSession = false } = {}): Promise<void> {
    return this.connection.disconnect(endSession ? { sessionExpiryInterval: 0 } : {});
  }

  /** The network connection ends without DISCONNECT. */
  crash(): void {
    this.wire?.destroy();
  }
}

function acknowledgementOf({ packetId, qos }: Received): Acknowledgement {
  return { packetId, qos: qos === 2 ? 2 : 1, reasonCode: 0 };
}
