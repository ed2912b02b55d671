import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

import { UnknownClientError } from '../errors/unknown-client.error.js';
import { validateTopicName } from '../topic/topic-name.js';
import { type BrokerEventMap, BrokerEvents, type BrokerListener } from './broker-events.js';
import { type EmbeddedBrokerOptions, type ResolvedBrokerOptions, resolveOptions } from './broker-options.js';
import { ClientPackets } from './client-packets.js';
import { type ClientSnapshot, snapshotOf } from './client-snapshot.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { Faults, type FilterPredicate, type PacketPredicate, type Release } from './faults.js';
import { Handshake, refuseVersion } from './handshake.js';
import { createMessage } from './message.js';
import { type MessageProperties, type Packet, type QoS, sizeOf } from './packets.js';
import { ProtocolViolation, ReasonCode } from './reason-code.js';
import { Router } from './router.js';
import { SessionRegistry } from './session-registry.js';
import type { Session } from './session.js';
import { Share } from './share.js';
import { SubscriptionTree } from './subscription-tree.js';

/**
 * An MQTT broker inside the process, for development and tests and for nothing else: it listens on 127.0.0.1, keeps
 * everything in memory and trusts its clients.
 *
 * It speaks MQTT 5.0 and 3.1.1: QoS 0 to 2, persistent sessions, wills, retained messages, shared subscriptions,
 * Receive Maximum; no TLS, no WebSocket, no topic aliases. A shared message goes to the connected members in turn, and
 * what a member had not acknowledged when its connection ended goes at once to another connected one. With `behaviour` it
 * does as a certain broker does instead.
 *
 * Faults can be asked for, so that a test need not wait for them: {@link cut}, {@link silence}, {@link withhold},
 * {@link resend}, {@link expireSession}, {@link refuse}, {@link grant}.
 *
 * ```ts
 * const broker = new EmbeddedBroker();
 * await broker.listen();
 * // connect to broker.url
 * await broker.close();
 * ```
 *
 * @publicApi
 */
export class EmbeddedBroker {
  readonly #options: ResolvedBrokerOptions;
  readonly #events = new BrokerEvents();
  readonly #faults = new Faults();
  readonly #tree: SubscriptionTree;
  readonly #router: Router;
  readonly #sessions: SessionRegistry;
  readonly #handshake: Handshake;
  readonly #packets: ClientPackets;
  readonly #connections = new Map<Connection, Session | undefined>();
  #server: Server | undefined;
  #port: number;
  #stopped = false;
  #closing: Promise<void> | undefined;

  constructor(options: EmbeddedBrokerOptions = {}) {
    this.#options = resolveOptions(options);
    const { port, behaviour } = this.#options;
    this.#port = port;
    this.#tree = new SubscriptionTree((filter) => new Share(filter, this.#options, this.#events), behaviour);
    this.#router = new Router(this.#tree, this.#events, behaviour);
    this.#sessions = new SessionRegistry(this.#tree, this.#router, this.#events, this.#options);
    this.#handshake = new Handshake(this.#options, this.#sessions, this.#events);
    this.#packets = new ClientPackets(this.#options, this.#tree, this.#router, this.#faults, this.#events);
  }

  /** Resolves when clients can connect; rejects with Node's error where the port is taken. */
  async listen(): Promise<void> {
    const server = createServer((socket) => {
      this.#connections.set(new Connection(socket, this.#owner), undefined);
    });
    server.listen(this.#options.port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** The port that it listens on, or did; before {@link listen} the one asked for. */
  get port(): number {
    return this.#port;
  }

  /** @throws Error before {@link listen} */
  get url(): string {
    if (this.port === 0) throw new Error('EmbeddedBroker has no URL before listen() has resolved.');
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** Ends every connection, without wills, and every timer. A second call does nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Returns a function that removes the listener. */
  on<E extends keyof BrokerEventMap>(event: E, listener: BrokerListener<E>): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Publishes as the broker itself; it has been handed to every subscriber's connection or queue when this resolves.
   * QoS 0 unless said otherwise.
   *
   * @throws InvalidTopicNameError
   */
  async publish(
    topic: string,
    payload: string | Buffer,
    { qos = 0, retain = false, properties }: { qos?: QoS; retain?: boolean; properties?: MessageProperties } = {},
  ): Promise<void> {
    validateTopicName(topic, { where: 'EmbeddedBroker.publish' });
    this.#router.publish(createMessage({ topic, payload, qos, retain, properties }, undefined));
  }

  /** Every client that is connected or has a session. */
  get clients(): ClientSnapshot[] {
    return this.#sessions.all().map(snapshotOf);
  }

  /**
   * Ends a client's network connection with RST, as when the network breaks. What follows is what follows any lost
   * connection: the will, the session's expiry, shared messages for other members.
   *
   * @throws UnknownClientError, as the other faults, when no such client is connected.
   */
  cut(clientId: string): void {
    this.#connection(clientId, 'cut').destroy();
  }

  /**
   * Half-open: nothing more is read from or written to this client, and the connection stays; Keep Alive is not
   * enforced meanwhile.
   */
  silence(clientId: string): void {
    this.#connection(clientId, 'silence').silence();
  }

  /** Sends what has gathered during {@link silence}, and reads on. */
  unsilence(clientId: string): void {
    this.#connection(clientId, 'unsilence').unsilence();
  }

  /** Keeps back the outgoing packets that match, until the returned function is called. */
  withhold(predicate: PacketPredicate): Release {
    return this.#faults.withhold(predicate);
  }

  /**
   * Sends every unacknowledged PUBLISH again on the live connection, with DUP and its Packet Identifier. MQTT forbids
   * that, and some brokers do it.
   */
  resend(clientId: string): void {
    this.#connection(clientId, 'resend');
    this.#session(clientId, 'resend').resend();
  }

  /** Ends a session as if its Session Expiry Interval had passed; a connected client is disconnected with 0x8E. */
  expireSession(clientId: string): void {
    const session = this.#session(clientId, 'expireSession');
    session.expiryInterval = 0;
    if (session.connection) session.connection.close(ReasonCode.sessionTakenOver);
    else this.#sessions.end(session);
  }

  /**
   * SUBACK refuses these filters, and shared subscriptions to them, with this Reason Code (0x80 on 3.1.1).
   * Returns a function that lifts it.
   */
  refuse(filter: string | FilterPredicate, reasonCode: number): () => void {
    return this.#faults.answer(filter, () => reasonCode);
  }

  /** SUBACK grants at most this QoS to these filters. Returns a function that lifts it. */
  grant(filter: string | FilterPredicate, qos: QoS): () => void {
    return this.#faults.answer(filter, (asked) => Math.min(asked, qos));
  }

  readonly #owner: ConnectionOwner = {
    received: (packet, connection) => this.#received(packet, connection),
    malformed: (connection, error, claimedVersion) => {
      if (/protocol version/i.test(error.message)) refuseVersion(connection, claimedVersion);
    },
    withholds: (packet, connection) => this.#faults.withholds(packet, connection),
    closed: (connection, reasonCode) => this.#closed(connection, reasonCode),
  };

  #received(packet: Packet, connection: Connection): void {
    if (sizeOf(packet) > this.#options.maximumPacketSize) {
      throw new ProtocolViolation(ReasonCode.packetTooLarge, packet.cmd);
    }
    const session = this.#connections.get(connection);
    if (!session) {
      // [MQTT-3.1.0-1]; before CONNECT there is no version in which to say more
      if (packet.cmd !== 'connect') return connection.close();
      const connected = this.#handshake.connect(packet, connection);
      if (connected) this.#connections.set(connection, connected);
    } else if (packet.cmd === 'disconnect') {
      this.#disconnect(session, connection, packet.reasonCode ?? 0, packet.properties?.sessionExpiryInterval);
    } else {
      this.#packets.received(packet, session, connection);
    }
  }

  #disconnect(session: Session, connection: Connection, reasonCode: number, expiryInterval: number | undefined): void {
    if (expiryInterval !== undefined) {
      if (session.expiryInterval === 0 && expiryInterval > 0) {
        throw new ProtocolViolation(ReasonCode.protocolError, 'session was to end [MQTT-3.14.2-2]');
      }
      session.expiryInterval = expiryInterval === 0xff_ff_ff_ff ? Infinity : expiryInterval;
    }
    if (reasonCode === ReasonCode.success) session.will = undefined; // [MQTT-3.14.4-3]
    connection.end(reasonCode);
  }

  #closed(connection: Connection, reasonCode: number | undefined): void {
    const session = this.#connections.get(connection);
    this.#connections.delete(connection);
    if (!session) return;
    const { clientId } = connection;
    this.#events.emit('disconnect', () => ({ clientId, reasonCode }));
    // a session that was taken over has another connection by now, or none
    if (!this.#stopped && session.connection === connection) this.#sessions.leave(session);
  }

  async #close(): Promise<void> {
    this.#stopped = true;
    this.#sessions.stopAllClocks();
    const server = this.#server;
    const closed = server && once(server, 'close');
    server?.close();
    for (const connection of this.#connections.keys()) connection.close(ReasonCode.serverShuttingDown);
    await closed;
  }

  #session(clientId: string, method: string): Session {
    const session = this.#sessions.get(clientId);
    if (!session) throw new UnknownClientError(clientId, method, 'has a session');
    return session;
  }

  #connection(clientId: string, method: string): Connection {
    const connection = this.#sessions.get(clientId)?.connection;
    if (!connection) throw new UnknownClientError(clientId, method, 'is connected');
    return connection;
  }
}
