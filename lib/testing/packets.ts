import { parser as createParser } from 'mqtt-packet';
import type { IPublishPacket, Packet, Parser } from 'mqtt-packet';

export type {
  IConnectPacket as ConnectPacket,
  IPublishPacket as PublishPacket,
  ISubscribePacket as SubscribePacket,
  IUnsubscribePacket as UnsubscribePacket,
  Packet,
  QoS,
} from 'mqtt-packet';

export type ProtocolVersion = 4 | 5;

/** MQTT 5.0 properties of a PUBLISH (section 3.3.2.3). */
export type MessageProperties = NonNullable<IPublishPacket['properties']>;

/** Bytes became packets, or were none that this version knows. */
export interface PacketSink {
  packet(packet: Packet): void;
  malformed(error: Error, claimedVersion: number | undefined): void;
}

/** Turns the bytes of one network connection into packets; the version is learned from CONNECT, or given. */
export class PacketReader {
  readonly #parser: Parser;

  constructor(sink: PacketSink, protocolVersion?: ProtocolVersion) {
    this.#parser = createParser(protocolVersion === undefined ? undefined : { protocolVersion });
    this.#parser.on('packet', (packet) => sink.packet(packet));
    this.#parser.on('error', (error: Error) => {
      const { packet } = this.#parser as Parser & { packet?: { protocolVersion?: number } };
      sink.malformed(error, packet?.protocolVersion);
    });
  }

  read(chunk: Buffer): void {
    this.#parser.parse(chunk);
  }
}

/** Bytes of the whole packet as received: fixed header (section 2.1) and Remaining Length. */
export function sizeOf(packet: Packet): number {
  const remaining = packet.length ?? 0;
  return remaining + (remaining < 128 ? 2 : remaining < 16_384 ? 3 : remaining < 2_097_152 ? 4 : 5);
}
