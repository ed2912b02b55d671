import { generate } from 'mqtt-packet';
import type { Socket } from 'node:net';

import { type Delivery, publishPacket } from './message.js';
import { PacketWriter } from './packet-writer.js';
import { PacketReader, type Packet, type ProtocolVersion } from './packets.js';
import { ProtocolViolation, ReasonCode } from './reason-code.js';

/** Milliseconds that a client has to close its side after ours was closed. */
const LINGER = 500;

export interface ConnectionOwner {
  /** A packet came. What it throws ends the connection; a {@link ProtocolViolation} says with which Reason Code. */
  received(packet: Packet, connection: Connection): void;
  /** Bytes that cannot be parsed; afterwards the connection ends with 0x81. */
  malformed(connection: Connection, error: Error, claimedVersion: number | undefined): void;
  /** Whether a fault keeps this packet from being sent now. */
  withholds(packet: Packet, connection: Connection): boolean;
  /** Called once, when the connection is of no use any more. */
  closed(connection: Connection, reasonCode: number | undefined): void;
}

/** One network connection of a client. */
export class Connection {
  clientId = '';
  /** The client's Receive Maximum, or the window that it has without one. */
  receiveMaximum = 0;
  /** The client's Maximum Packet Size in bytes. */
  maximumPacketSize = Infinity;

  /** Topic Names by the Topic Alias that the client gave them (section 3.3.2.3.4). */
  readonly topicAliases = new Map<number, string>();

  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #reader: PacketReader;
  readonly #writer: PacketWriter;
  /** While the connection is silenced: what would have been sent. */
  #muted: Packet[] | undefined;
  #open = true;
  #keepalive: NodeJS.Timeout | undefined;
  #lastRead = Date.now();
  /** The client's QoS 1 and 2 publishes that are not acknowledged, and those whose acknowledgement is not yet written. */
  readonly #unacknowledged = new Set<number>();
  #acknowledged: number[] = [];

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#writer = new PacketWriter(socket, () => this.#written());
    this.#reader = new PacketReader({
      packet: (packet) => {
        if (this.#open) owner.received(packet, this);
      },
      malformed: (error, claimedVersion) => {
        if (this.#open) owner.malformed(this, error, claimedVersion);
        throw new ProtocolViolation(ReasonCode.malformedPacket, error.message);
      },
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => this.#ended(undefined));
    socket.on('error', () => socket.destroy()); // `close` follows
  }

  get open(): boolean {
    return this.#open;
  }

  get protocolVersion(): ProtocolVersion {
    return this.#writer.protocolVersion;
  }

  set protocolVersion(version: ProtocolVersion) {
    this.#writer.protocolVersion = version;
  }

  /** Whether the client allows a packet of this size [MQTT-3.1.2-24]. */
  accepts(delivery: Delivery): boolean {
    if (this.maximumPacketSize === Infinity) return true;
    const { protocolVersion } = this;
    return (
      generate(publishPacket(delivery, 1, false, protocolVersion), { protocolVersion }).length <= this.maximumPacketSize
    );
  }

  send(packet: Packet): void {
    if (this.#open && !this.#owner.withholds(packet, this)) this.deliver(packet);
  }

  /** Sends past the faults that withhold. */
  deliver(packet: Packet): void {
    if (!this.#open) return;
    if (this.#muted) {
      this.#muted.push(packet);
      return;
    }
    this.#writer.send(packet);
    if (endsPublish(packet)) this.#acknowledged.push(packet.messageId ?? 0);
  }

  /** Counts a QoS 1 or 2 publish of the client. @throws when it has more of them under way than it may. */
  publishReceived(packetId: number, receiveMaximum: number): void {
    this.#unacknowledged.add(packetId);
    if (this.#unacknowledged.size > receiveMaximum) {
      throw new ProtocolViolation(ReasonCode.receiveMaximumExceeded, 'more publishes under way than Receive Maximum');
    }
  }

  /** Enforces 1.5 times the Keep Alive [MQTT-3.1.2-22]; 0 seconds is no limit. */
  keepalive(seconds: number): void {
    if (seconds === 0) return;
    const limit = seconds * 1500;
    const check = (): void => {
      const left = this.#muted ? limit : this.#lastRead + limit - Date.now();
      if (left <= 0) this.close(ReasonCode.keepAliveTimeout);
      else this.#keepalive = setTimeout(check, left).unref();
    };
    this.#keepalive = setTimeout(check, limit).unref();
  }

  /** Half-open from here on: nothing is read or written, the socket stays. */
  silence(): void {
    if (this.#muted || !this.#open) return;
    this.#writer.flush();
    this.#muted = [];
    this.#socket.pause();
  }

  unsilence(): void {
    const muted = this.#muted;
    if (!muted) return;
    this.#muted = undefined;
    this.#lastRead = Date.now();
    for (const packet of muted) this.deliver(packet);
    this.#socket.resume();
  }

  /** Ends the connection, on 5.0 with a DISCONNECT if there is a Reason Code to tell. */
  close(reasonCode?: number): void {
    if (reasonCode !== undefined && this.protocolVersion === 5) this.deliver({ cmd: 'disconnect', reasonCode });
    this.end(reasonCode);
  }

  /** Ends the connection for a reason that the client knows, because it said so. */
  end(reasonCode?: number): void {
    if (!this.#open) return;
    this.#writer.flush();
    this.#ended(reasonCode);
    // what the client still sends has to be read, or the kernel answers with RST and the client never sees DISCONNECT
    this.#socket.resume();
    this.#socket.end();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER).unref();
    this.#socket.once('close', () => clearTimeout(linger));
  }

  /** Ends the connection without a word, like a network that broke. */
  destroy(reasonCode?: number): void {
    this.#ended(reasonCode);
    this.#socket.resetAndDestroy();
  }

  #read(chunk: Buffer): void {
    if (!this.#open) return;
    this.#lastRead = Date.now();
    try {
      this.#reader.read(chunk);
    } catch (error) {
      this.close(error instanceof ProtocolViolation ? error.reasonCode : ReasonCode.unspecifiedError);
    }
  }

  #written(): void {
    for (const packetId of this.#acknowledged) this.#unacknowledged.delete(packetId);
    this.#acknowledged.length = 0;
  }

  #ended(reasonCode: number | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#keepalive);
    this.#owner.closed(this, reasonCode);
  }
}

function endsPublish(packet: Packet): boolean {
  switch (packet.cmd) {
    case 'puback':
    case 'pubcomp':
      return true;
    case 'pubrec':
      return (packet.reasonCode ?? 0) >= ReasonCode.unspecifiedError;
    default:
      return false;
  }
}
