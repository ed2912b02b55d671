import { Socket } from 'node:net';
import { connect, type IConnackPacket, type MqttClient } from 'mqtt';
import { BrokerUnreachableError } from '../errors/broker-unreachable.error.js';
import { ConnectionLostError } from '../errors/connection-lost.error.js';
import { ConnectionRefusedError } from '../errors/connection-refused.error.js';
import { addAcknowledgement, addPubcomp } from './acknowledgement-packet.js';
import { brokerAddress } from './broker-address.js';
import { clientOptions } from './client-options.js';
import { connectDiverted } from './divert-incoming.js';
import { IncomingPackets } from './incoming-packets.js';
import { KeepaliveGuard } from './keepalive-guard.js';
import { PacketIdentifiers } from './packet-identifiers.js';
import { PacketWriter } from './packet-writer.js';
import { Pings } from './pings.js';
import { addPublish } from './publish-packet.js';
import { QoS2Publisher } from './qos2-publisher.js';
import { describeReasonCode, NO_MATCHING_SUBSCRIBERS } from './reason-code.js';
import { serverLimits } from './server-limits.js';
import { filterBatches, sendSubscriptions } from './subscribe.js';
import type {
  Acknowledgement,
  OutboundPublish,
  ProtocolVersion,
  PublishDone,
  ServerLimits,
  SubscriptionRequest,
  Wire,
  WireListener,
  WireOptions,
} from './wire.js';

const QUOTA_EXCEEDED = 0x97;
const DISCONNECT_TIMEOUT = 2_000;

/** Opens one network connection over mqtt.js; the {@link OpenWire} of production. */
export async function openMqttWire(options: WireOptions, listener: WireListener, signal?: AbortSignal): Promise<Wire> {
  const address = brokerAddress(options.url);
  signal?.throwIfAborted();
  const identifiers = new PacketIdentifiers();
  const client = connect(options.url, {
    ...clientOptions(options),
    messageIdProvider: identifiers,
    manualConnect: true,
  });
  return new Promise<Wire>((resolve, reject) => {
    let lastError: Error | undefined;
    let wire: MqttWire | undefined;
    let incoming: IncomingPackets | undefined;
    let reasonCode: number | undefined;
    const end = (): void => {
      // What has come already, behind the packet that ends the connection, counts no more.
      incoming?.stop();
      client.stream.destroy();
    };
    const fail = (error: Error): void => {
      lastError ??= error;
      // mqtt.js goes on reading after a malformed packet, and waits for a CONNACK that will not come.
      end();
    };
    signal?.addEventListener('abort', end);
    client.on('error', fail);
    client.on('disconnect', (packet) => {
      reasonCode = packet.reasonCode;
      // A server that does not close after its DISCONNECT would keep the connection for ever (section 3.14.4).
      end();
    });
    client.once('connect', (connack) => {
      signal?.removeEventListener('abort', end);
      if (incoming === undefined) return;
      wire = new MqttWire(client, incoming, identifiers, address, options, connack);
      resolve(wire);
    });
    client.once('close', () => {
      if (wire === undefined) {
        signal?.removeEventListener('abort', end);
        reject(openError(lastError, address, options.clientId));
        return;
      }
      const requested = wire.ended();
      const error = new ConnectionLostError(address, options.clientId, reasonCode, lastError);
      listener.closed({ error, reasonCode, requested });
    });
    connectDiverted(client, (toMqttJs) => {
      incoming = new IncomingPackets(toMqttJs, options.protocolVersion, {
        publish: (packet) => listener.publish(packet),
        puback: (packetId, code) => wire?.confirmed(packetId, code),
        pubrel: (packetId) => {
          listener.released(packetId);
          wire?.complete(packetId);
        },
        malformed: ({ message }) => fail(new Error(`The server sent ${message}`)),
      });
      return incoming.stream;
    });
    sendAtOnce(client);
  });
}

/** What is written in one turn is one write already; TCP is not to wait for more. Over WebSocket `ws` sees to it. */
function sendAtOnce({ stream }: MqttClient): void {
  if (stream instanceof Socket) stream.setNoDelay(true);
}

function openError(cause: Error | undefined, address: string, clientId: string): Error {
  const error = cause ?? new Error('the network connection was closed before CONNACK');
  const code = (error as { code?: unknown }).code;
  return typeof code === 'number'
    ? new ConnectionRefusedError(address, clientId, code, error)
    : new BrokerUnreachableError(address, error);
}

class MqttWire implements Wire {
  readonly clientId: string;
  readonly protocolVersion: ProtocolVersion;
  readonly sessionPresent: boolean;
  readonly limits: ServerLimits;
  readonly announced: Readonly<Record<string, unknown>>;
  open = true;
  /** DISCONNECT was sent, or is about to be: no packet may follow it [MQTT-3.14.4-1]. */
  private disconnecting = false;
  private unsubscribes = 0;
  private readonly writer: PacketWriter;
  private readonly pings: Pings;
  private readonly qos2: QoS2Publisher;
  private readonly keepalive: KeepaliveGuard;

  constructor(
    private readonly client: MqttClient,
    private readonly incoming: IncomingPackets,
    private readonly identifiers: PacketIdentifiers,
    readonly address: string,
    options: WireOptions,
    connack: IConnackPacket,
  ) {
    this.clientId = connack.properties?.assignedClientIdentifier ?? options.clientId;
    this.protocolVersion = options.protocolVersion;
    this.sessionPresent = connack.sessionPresent;
    this.limits = serverLimits(connack.properties);
    this.announced = { ...connack.properties };
    this.writer = new PacketWriter((bytes, written) => {
      client.stream.write(bytes, written && ((error) => (error || !this.open ? undefined : written())));
    });
    this.pings = new Pings(client);
    this.qos2 = new QoS2Publisher(client);
    this.keepalive = new KeepaliveGuard(client, incoming);
  }

  get native(): MqttClient {
    return this.client;
  }

  async subscribe(subscriptions: readonly SubscriptionRequest[]): Promise<number[]> {
    const before = this.unsubscribes;
    this.flush();
    return sendSubscriptions(this.client, subscriptions, () => {
      this.requireOpen('SUBSCRIBE');
      // What is left of it would stand for good.
      if (this.unsubscribes !== before) throw new Error('UNSUBSCRIBE came before all of SUBSCRIBE was sent.');
    });
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    this.requireOpen('UNSUBSCRIBE');
    this.unsubscribes++;
    // Acknowledgements and UNSUBSCRIBE in one write leave the broker no time to send more in between.
    this.client.stream.cork();
    process.nextTick(() => this.client.stream.uncork());
    this.flush();
    for (const batch of filterBatches(filters)) {
      this.requireOpen('UNSUBSCRIBE');
      await new Promise<void>((resolve, reject) => {
        this.client.unsubscribe([...batch], (error?: Error) => (error ? reject(error) : resolve()));
      });
    }
  }

  publish(message: OutboundPublish, done: PublishDone): void {
    if (!this.open || this.disconnecting) return;
    switch (message.qos) {
      case 0:
        addPublish(this.writer, message, 0, this.protocolVersion);
        this.writer.whenWritten(() => done(undefined, 0));
        break;
      case 1:
        this.publishAtQoS1(message, done);
        break;
      case 2:
        this.flush();
        this.qos2.publish(message, done);
        break;
    }
  }

  private publishAtQoS1(message: OutboundPublish, done: PublishDone): void {
    const packetId = this.identifiers.allocate(done);
    if (packetId === null) done(new Error('All Packet Identifiers are in use.'), QUOTA_EXCEEDED);
    else addPublish(this.writer, message, packetId, this.protocolVersion);
  }

  /** PUBACK came. */
  confirmed(packetId: number, reasonCode: number): void {
    const done = this.identifiers.awaited(packetId);
    if (done === undefined) return;
    const isRefused = reasonCode !== 0 && reasonCode !== NO_MATCHING_SUBSCRIBERS;
    this.identifiers.deallocate(packetId);
    done(isRefused ? new Error(`PUBACK: ${describeReasonCode(reasonCode)}`) : undefined, reasonCode);
  }

  /** PUBREL came. */
  complete(packetId: number): void {
    if (this.open && !this.disconnecting) addPubcomp(this.writer, packetId);
  }

  acknowledge(acknowledgement: Acknowledgement): void {
    if (this.open && !this.disconnecting) addAcknowledgement(this.writer, acknowledgement, this.protocolVersion);
  }

  flush(): void {
    if (this.open && !this.disconnecting) this.writer.flush();
  }

  resume(): void {
    this.incoming.resume();
  }

  async ping(): Promise<void> {
    this.requireOpen('PINGREQ');
    this.flush();
    await this.pings.send();
  }

  /** mqtt.js would keep the packet for a next connection, which there is not, and never call back. */
  private requireOpen(packet: string): void {
    if (!this.open || this.disconnecting) throw new Error(`The connection ended before ${packet} was sent.`);
  }

  disconnect(options: { sessionExpiryInterval?: number } = {}): Promise<void> {
    if (!this.open) return Promise.resolve();
    this.flush();
    this.disconnecting = true;
    this.keepalive.stop();
    for (const id of Object.keys(this.client.outgoing)) this.client.removeOutgoingMessage(Number(id));
    const properties = this.protocolVersion === 5 ? { properties: options } : {};
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.destroy(), DISCONNECT_TIMEOUT);
      this.client.once('close', () => {
        clearTimeout(deadline);
        resolve();
      });
      this.client.end(false, properties);
      this.incoming.leave();
    });
  }

  destroy(): void {
    this.client.stream.destroy();
  }

  /** The network connection is gone: what was still to be written must not be. Whether it was asked to disconnect. */
  ended(): boolean {
    this.open = false;
    this.writer.cancel();
    this.keepalive.stop();
    this.incoming.stop();
    this.pings.ended();
    return this.disconnecting;
  }
}
