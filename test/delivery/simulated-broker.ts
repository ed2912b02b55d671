import type { InboundPublish } from '../../lib/session/wire.js';

export interface SimulatedMessage {
  readonly id: string;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
}

/** What a client may write: an acknowledgement of a PUBLISH, or of a PUBREL. */
export interface FromClient {
  readonly kind: 'puback' | 'pubrec' | 'pubcomp';
  readonly packetId: number;
  readonly reasonCode: number;
}

export type ToClient =
  | { readonly kind: 'publish'; readonly packet: InboundPublish }
  | { readonly kind: 'pubrel'; readonly packetId: number };

interface InFlight {
  readonly message: SimulatedMessage;
  state: 'sent' | 'received';
}

/**
 * The server's side of one session. Both directions are queues, because what the two sides know of each other is always
 * of a while ago. Packet Identifiers are used again as soon as they are free, lowest first.
 */
export class SimulatedBroker {
  readonly inFlight = new Map<number, InFlight>();
  readonly toClient: ToClient[] = [];
  readonly fromClient: FromClient[] = [];

  /** Told of each message that the server now holds to be done. */
  constructor(private readonly done: (message: SimulatedMessage) => void) {}

  send(message: SimulatedMessage): void {
    const packetId = message.qos === 0 ? 0 : this.freePacketId();
    if (message.qos > 0) this.inFlight.set(packetId, { message, state: 'sent' });
    this.publish(packetId, message, false);
  }

  /** What [MQTT-4.4.0-1] forbids on a live connection, and some servers do. */
  resend(index: number): boolean {
    const entries = [...this.inFlight].filter(([, { state }]) => state === 'sent');
    const entry = entries[index % entries.length];
    if (entry === undefined) return false;
    this.publish(entry[0], entry[1].message, true);
    return true;
  }

  /** Reads the oldest packet that the client has written. */
  read(): void {
    const packet = this.fromClient.shift();
    if (packet === undefined) return;
    const entry = this.inFlight.get(packet.packetId);
    const { kind, packetId, reasonCode } = packet;
    if (entry === undefined || (kind === 'puback') !== (entry.message.qos === 1)) return;
    if (kind === 'pubcomp') {
      if (entry.state === 'received') this.inFlight.delete(packetId);
    } else if (kind === 'puback' || reasonCode >= 0x80) {
      if (entry.state === 'sent') this.done(entry.message);
      this.inFlight.delete(packetId);
    } else {
      if (entry.state === 'sent') this.done(entry.message);
      entry.state = 'received';
      this.toClient.push({ kind: 'pubrel', packetId });
    }
  }

  loseConnection(): void {
    this.toClient.length = 0;
    this.fromClient.length = 0;
  }

  /** Everything unacknowledged again, in its order ([MQTT-4.6.0-1]). */
  resume(): void {
    for (const [packetId, { message, state }] of this.inFlight) {
      if (state === 'sent') this.publish(packetId, message, true);
      else this.toClient.push({ kind: 'pubrel', packetId });
    }
  }

  forgetSession(): void {
    this.inFlight.clear();
  }

  private publish(packetId: number, { id, topic, qos }: SimulatedMessage, dup: boolean): void {
    const packet = { topic, payload: Buffer.from(id), qos, dup, retain: false, packetId, properties: undefined };
    this.toClient.push({ kind: 'publish', packet });
  }

  private freePacketId(): number {
    let packetId = 1;
    while (this.inFlight.has(packetId)) packetId++;
    return packetId;
  }
}
