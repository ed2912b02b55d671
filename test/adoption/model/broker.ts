import type { SubscriptionRequest, Will } from '../../../lib/session/wire.js';

export interface Published {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

/** What a client has written, and the broker has yet to read. */
export type FromClient =
  | { readonly kind: 'connect'; readonly clean: boolean; readonly will: Will | undefined }
  | { readonly kind: 'subscribe'; readonly subscriptions: readonly SubscriptionRequest[]; readonly id: number }
  | { readonly kind: 'unsubscribe'; readonly filters: readonly string[]; readonly id: number }
  | { readonly kind: 'publish'; readonly message: Published; readonly id: number }
  | { readonly kind: 'puback'; readonly packetId: number }
  | { readonly kind: 'pingreq' }
  | { readonly kind: 'disconnect'; readonly endsSession: boolean }
  | { readonly kind: 'end' };

/** What the broker has written, and the client has yet to read. */
export type ToClient =
  | { readonly kind: 'connack'; readonly sessionPresent: boolean }
  | { readonly kind: 'publish'; readonly message: Published; readonly packetId: number; readonly dup: boolean }
  | { readonly kind: 'answer'; readonly id: number; readonly codes: readonly number[] }
  | { readonly kind: 'pingresp' }
  | { readonly kind: 'end' };

/** One network connection. What is in its queues is on the way. */
export class Connection {
  readonly toBroker: FromClient[] = [];
  readonly toClient: ToClient[] = [];
  will: Will | undefined;
  /** The broker still listens to it. */
  served = true;

  constructor(
    readonly clientId: string,
    /** Process at the other end. */
    readonly process: string,
    readonly window: number,
  ) {}
}

export class Session {
  readonly subscriptions = new Set<string>();
  readonly inFlight = new Map<number, Published>();
  readonly queue: Published[] = [];
  connection: Connection | undefined;
}

/**
 * A broker as Mosquitto is one: an offline member of a group goes on getting its share, and what a session holds is its
 * own. It checks nothing; what it may not see is for the listener to say.
 */
export class ModelBroker {
  readonly sessions = new Map<string, Session>();
  readonly retained = new Map<string, Published>();
  private turn = 0;

  constructor(
    /** Told of each PUBACK, and of each session that ends with what it held. */
    private readonly listener: {
      acknowledged(message: Published, process: string): void;
      connected(clientId: string, process: string): void;
    },
  ) {}

  /** `false` when nobody would get it. */
  publish(message: Published): boolean {
    if (message.retain) {
      if (message.payload === '') this.retained.delete(message.topic);
      else this.retained.set(message.topic, message);
    }
    // [MQTT-3.3.1-12]: to a subscription that was there before.
    const live = { ...message, retain: false };
    if (message.topic.startsWith('presence/')) {
      for (const session of this.sessions.values()) {
        if ([...session.subscriptions].some((filter) => covers(filter, message.topic))) this.give(session, live);
      }
      return true;
    }
    const members = [...this.sessions.values()].filter(({ subscriptions }) => subscriptions.has(SHARED));
    const member = members[this.turn++ % members.length];
    if (member === undefined) return false;
    this.give(member, live);
    return true;
  }

  private give(session: Session, message: Published): void {
    session.queue.push(message);
    this.send(session);
  }

  private send(session: Session): void {
    const { connection, queue, inFlight } = session;
    if (connection === undefined) return;
    while (inFlight.size < connection.window) {
      const message = queue.shift();
      if (message === undefined) return;
      let packetId = 1;
      while (inFlight.has(packetId)) packetId++;
      inFlight.set(packetId, message);
      connection.toClient.push({ kind: 'publish', message, packetId, dup: false });
    }
  }

  /** Reads the oldest packet of a connection. */
  read(connection: Connection): void {
    const packet = connection.toBroker.shift();
    if (packet === undefined || !connection.served) return;
    const session = this.sessions.get(connection.clientId);
    if (packet.kind === 'connect') this.connect(connection, packet.clean, packet.will);
    else if (session?.connection === connection) this.readFrom(session, connection, packet);
    else if (packet.kind === 'end') connection.served = false;
  }

  private readFrom(session: Session, connection: Connection, packet: FromClient): void {
    switch (packet.kind) {
      case 'subscribe':
        for (const { filter } of packet.subscriptions) session.subscriptions.add(filter);
        connection.toClient.push({ kind: 'answer', id: packet.id, codes: packet.subscriptions.map(() => 1) });
        for (const { filter } of packet.subscriptions) this.sendRetained(session, filter);
        break;
      case 'unsubscribe':
        for (const filter of packet.filters) session.subscriptions.delete(filter);
        connection.toClient.push({ kind: 'answer', id: packet.id, codes: [] });
        break;
      case 'publish':
        this.publish(packet.message);
        connection.toClient.push({ kind: 'answer', id: packet.id, codes: [0] });
        break;
      case 'puback':
        this.acknowledge(session, packet.packetId, connection.process);
        break;
      case 'pingreq':
        connection.toClient.push({ kind: 'pingresp' });
        break;
      case 'disconnect':
        connection.will = undefined;
        this.end(connection);
        if (packet.endsSession) this.sessions.delete(connection.clientId);
        break;
      case 'end':
        this.end(connection);
        break;
      default:
    }
  }

  private acknowledge(session: Session, packetId: number, process: string): void {
    const message = session.inFlight.get(packetId);
    if (message === undefined) return;
    session.inFlight.delete(packetId);
    this.listener.acknowledged(message, process);
    this.send(session);
  }

  private sendRetained(session: Session, filter: string): void {
    for (const message of this.retained.values()) if (covers(filter, message.topic)) this.give(session, message);
  }

  private connect(connection: Connection, clean: boolean, will: Will | undefined): void {
    const { clientId } = connection;
    this.listener.connected(clientId, connection.process);
    const old = this.sessions.get(clientId)?.connection;
    if (old !== undefined) {
      // A takeover that keeps the session fires no will there.
      if (!clean) old.will = undefined;
      this.end(old);
    }
    let session = this.sessions.get(clientId);
    const sessionPresent = session !== undefined && !clean;
    if (session === undefined || clean) {
      session = new Session();
      this.sessions.set(clientId, session);
    }
    session.connection = connection;
    connection.will = will;
    connection.toClient.push({ kind: 'connack', sessionPresent });
    for (const [packetId, message] of session.inFlight) {
      connection.toClient.push({ kind: 'publish', message, packetId, dup: true });
    }
    this.send(session);
    if (clean) this.transient.add(connection);
  }

  /** Ends without a word, and comes back with what it had stored: sessions and retained messages, but no wills. */
  crash(): void {
    for (const [clientId, session] of this.sessions) {
      const { connection } = session;
      if (connection === undefined) continue;
      connection.will = undefined;
      connection.served = false;
      connection.toClient.splice(0, Infinity, { kind: 'end' });
      session.connection = undefined;
      if (this.transient.has(connection)) this.sessions.delete(clientId);
    }
  }

  /** Connections whose sessions end with them. */
  private readonly transient = new WeakSet<Connection>();

  private end(connection: Connection): void {
    const { clientId, will } = connection;
    connection.served = false;
    connection.toClient.push({ kind: 'end' });
    const session = this.sessions.get(clientId);
    if (session?.connection === connection) {
      session.connection = undefined;
      if (this.transient.has(connection)) this.sessions.delete(clientId);
    }
    if (will !== undefined) this.publish({ topic: will.topic, payload: String(will.payload), retain: will.retain });
  }
}

export const SHARED = '$share/workers/jobs/#';

function covers(filter: string, topic: string): boolean {
  return (
    filter.endsWith('/+') && topic.startsWith(filter.slice(0, -1)) && !topic.slice(filter.length - 1).includes('/')
  );
}
