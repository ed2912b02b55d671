import type { Writable } from 'node:stream';
import { MalformedPacket } from './malformed-packet.js';
import { PacketFields } from './packet-fields.js';
import { PacketStream } from './packet-stream.js';
import { readPublish } from './read-publish.js';
import type { InboundPublish, ProtocolVersion } from './wire.js';

/** Types of MQTT Control Packets (section 2.1.2). */
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const PUBREC = 5;
const PUBREL = 6;
const PUBCOMP = 7;
const SUBACK = 9;
const UNSUBACK = 11;
const AUTH = 15;

/** The least Remaining Length of packets that somebody waits for: mqtt.js passes over one that is shorter. */
const SHORTEST = new Map([
  [CONNACK, 2],
  [PUBREC, 2],
  [PUBCOMP, 2],
  [SUBACK, 3],
  [UNSUBACK, 2],
]);

export interface IncomingListener {
  /** `false`: nothing more is to be read before {@link IncomingPackets.resume}. */
  publish(packet: InboundPublish): boolean;
  puback(packetId: number, reasonCode: number): void;
  pubrel(packetId: number): void;
  /** What came is no MQTT; nothing more is read. */
  malformed(error: MalformedPacket): void;
}

/**
 * What the server sends, in its order: the messages and the answers to ours are taken here, all else is mqtt.js's, and
 * what came behind that waits until mqtt.js has dealt with it. Behind CONNACK nothing is read before {@link resume}.
 */
export class IncomingPackets {
  readonly stream: Writable;
  private readonly packets: PacketStream;
  private waitsForOwner = false;
  private waitsForMqttJs = false;
  private isConnected = false;
  private isLeaving = false;
  /** By the owner, while it was told of a message. */
  private resumed = false;
  private tookAny = false;

  constructor(
    private readonly toMqttJs: Writable,
    private readonly protocolVersion: ProtocolVersion,
    private readonly listener: IncomingListener,
  ) {
    this.packets = new PacketStream(
      (bytes, start, body, end) => this.take(bytes, start, body, end),
      (error) => listener.malformed(error),
    );
    this.stream = this.packets;
  }

  private take(bytes: Buffer, start: number, body: number, end: number): boolean {
    const first = bytes.readUInt8(start);
    const type = first >> 4;
    if (!this.isConnected && type !== CONNACK && type !== AUTH) throw new MalformedPacket('a packet before CONNACK'); // [MQTT-3.2.0-1]
    switch (type) {
      case PUBLISH:
        if (!this.isLeaving) this.receive(readPublish(first, bytes, body, end, this.protocolVersion));
        break;
      case PUBACK: {
        const fields = new PacketFields(bytes, body, end);
        this.listener.puback(fields.twoByteInteger(), fields.hasMore ? fields.byte() : 0);
        break;
      }
      case PUBREL:
        if (!this.isLeaving) this.listener.pubrel(new PacketFields(bytes, body, end).twoByteInteger());
        break;
      default:
        if (end - body < (SHORTEST.get(type) ?? 0))
          throw new MalformedPacket(`a packet of type ${type} that ends too early`);
        if (type === CONNACK) this.isConnected = this.waitsForOwner = true;
        this.leaveToMqttJs(bytes.subarray(start, end));
        return false;
    }
    this.tookAny = true;
    return !this.waitsForOwner;
  }

  private receive(packet: InboundPublish): void {
    this.resumed = false;
    const goesOn = this.listener.publish(packet);
    this.waitsForOwner = !goesOn && !this.resumed;
  }

  private leaveToMqttJs(packet: Buffer): void {
    this.waitsForMqttJs = true;
    this.toMqttJs.write(packet, () => {
      this.waitsForMqttJs = false;
      this.goOn();
    });
  }

  /** Begins behind CONNACK, or goes on after a pause. */
  resume(): void {
    this.waitsForOwner = false;
    this.resumed = true;
    this.goOn();
  }

  private goOn(): void {
    if (!this.waitsForOwner && !this.waitsForMqttJs) this.packets.goOn();
  }

  /** DISCONNECT is sent: messages are passed over, and nothing holds up the end of the connection. */
  leave(): void {
    this.isLeaving = true;
    this.resume();
  }

  /** Until {@link resume}. */
  get isPaused(): boolean {
    return this.waitsForOwner;
  }

  /** Also of a message that has not come whole. */
  tookAnySinceLastLook(): boolean {
    const tookAny = this.packets.grewSinceLastLook() || this.tookAny;
    this.tookAny = false;
    return tookAny;
  }

  /** The connection has ended: nothing more is told. */
  stop(): void {
    this.packets.stop();
  }
}
