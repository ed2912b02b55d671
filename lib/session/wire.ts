import type { UserProperties } from './user-properties.js';

export type QoS = 0 | 1 | 2;
export type ProtocolVersion = 4 | 5;

/** MQTT 5.0 properties of a PUBLISH (section 3.3.2.3), as far as an application may read or set them. */
export interface PublishProperties {
  payloadFormatIndicator?: boolean;
  messageExpiryInterval?: number;
  responseTopic?: string;
  correlationData?: Buffer;
  userProperties?: UserProperties;
  contentType?: string;
  subscriptionIdentifier?: number | number[];
  topicAlias?: number;
}

/** A PUBLISH as it arrived. */
export interface InboundPublish {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  /** DUP flag, [MQTT-3.3.1-1]. */
  readonly dup: boolean;
  readonly retain: boolean;
  /** Packet Identifier; 0 at QoS 0. */
  readonly packetId: number;
  readonly properties: PublishProperties | undefined;
}

export interface OutboundPublish {
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties?: PublishProperties;
}

export interface SubscriptionRequest {
  readonly filter: string;
  readonly qos: QoS;
  /** 5.0 (section 3.3.4): comes with every message of this subscription. */
  readonly subscriptionIdentifier?: number;
  /** 5.0 (section 3.8.3.1). Default 2, no retained messages, for a shared subscription, else 0. */
  readonly retainHandling?: 0 | 1 | 2;
}

/**
 * What the server announced in CONNACK (MQTT 5.0 section 3.2.2.3); absent properties have the value that the
 * specification gives them.
 *
 * @publicApi
 */
export interface ServerLimits {
  /** Most QoS 1 and 2 publishes the server takes unacknowledged, 65,535 where it says nothing (and on 3.1.1). */
  readonly receiveMaximum: number;
  readonly maximumQoS: QoS;
  /** Bytes of a whole packet, `undefined` for no limit. */
  readonly maximumPacketSize: number | undefined;
  /** Topic Aliases it takes; 0 for none. */
  readonly topicAliasMaximum: number;
  /** Seconds for which it keeps the session, where that is not what CONNECT asked for; else `undefined`. */
  readonly sessionExpiryInterval: number | undefined;
  readonly retainAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
  readonly wildcardSubscriptionAvailable: boolean;
}

/** Why a network connection ended. */
export interface WireClosed {
  readonly error?: Error;
  /** Reason Code of the server's DISCONNECT (5.0), where it sent one. */
  readonly reasonCode?: number;
  /** Whether it was {@link Wire.disconnect} that ended it. */
  readonly requested?: boolean;
}

/** One acknowledgement to write: PUBACK for QoS 1, PUBREC for QoS 2. */
export interface Acknowledgement {
  readonly packetId: number;
  readonly qos: 1 | 2;
  /** 0 is success. On 3.1.1 there is no field for it and it is not sent. */
  readonly reasonCode: number;
}

/** The outcome of a publish: an error when the server refused it, and its Reason Code. Must not throw. */
export type PublishDone = (error: Error | undefined, reasonCode: number) => void;

/** What a {@link Wire} tells its owner; every call belongs to that one network connection. */
export interface WireListener {
  /**
   * A PUBLISH arrived. Return `true` to go on reading, `false` to pause until {@link Wire.resume}. While reading is
   * paused nothing else is read either (no SUBACK, no PUBACK for own publishes), but the connection is kept alive.
   */
  publish(packet: InboundPublish): boolean;
  /** PUBREL arrived: the QoS 2 exchange of this Packet Identifier is over for the receiver. */
  released(packetId: number): void;
  /** The network connection ended; called exactly once, and nothing is called after it. */
  closed(reason: WireClosed): void;
}

/**
 * One network connection, from CONNACK to its end. It never reconnects. It starts paused, so that no PUBLISH of a
 * resumed session can arrive before its owner is ready: call {@link Wire.resume} once to begin.
 */
export interface Wire {
  readonly protocolVersion: ProtocolVersion;
  readonly clientId: string;
  /** The server's, as it may be shown. */
  readonly address: string;
  readonly sessionPresent: boolean;
  readonly limits: ServerLimits;
  /** The properties of CONNACK as they came, by the names of mqtt-packet; empty on 3.1.1. */
  readonly announced: Readonly<Record<string, unknown>>;
  /** The mqtt.js client, for {@link https://docs.nestjs.com/microservices/basics | unwrap()}. */
  readonly native: unknown;
  readonly open: boolean;

  /**
   * Resolves with one Reason Code per filter, in their order; rejects when the connection ends before SUBACK, or when
   * {@link unsubscribe} is called before all of it is sent.
   */
  subscribe(subscriptions: readonly SubscriptionRequest[]): Promise<number[]>;
  /** Resolves with UNSUBACK; rejects when the connection ends before it. */
  unsubscribe(filters: readonly string[]): Promise<void>;
  /**
   * Calls back once: with the server's Reason Code (0, or 0x10 for no matching subscribers) when it has taken the
   * message (at QoS 0: when it is written), with an error when it refused. Not called when the connection ends first.
   *
   * All that is published and acknowledged in one turn of the event loop leaves in one write, in order.
   */
  publish(message: OutboundPublish, done: PublishDone): void;
  /** Queues an acknowledgement; see {@link publish}. */
  acknowledge(acknowledgement: Acknowledgement): void;
  /** Writes now what is queued. */
  flush(): void;
  /** Begins reading, or goes on after `publish` returned `false`. */
  resume(): void;
  /** A PINGREQ and its PINGRESP; resolves when everything the server sent before the answer has been delivered. */
  ping(): Promise<void>;
  /**
   * DISCONNECT, then the end of the connection. `sessionExpiryInterval: 0` ends the session on 5.0
   * (section 3.14.2.2.2); on 3.1.1 the session is as CONNECT left it.
   */
  disconnect(options?: { sessionExpiryInterval?: number }): Promise<void>;
  /** Ends the network connection without DISCONNECT. */
  destroy(): void;
}

/** What the server publishes when the connection ends without DISCONNECT (section 3.1.2.5). */
export interface Will {
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos: QoS;
  readonly retain: boolean;
}

export interface TlsOptions {
  ca?: string | Buffer | string[] | Buffer[];
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface WireOptions {
  readonly url: string;
  readonly protocolVersion: ProtocolVersion;
  readonly clientId: string;
  /** Clean Session (3.1.1) or Clean Start (5.0). */
  readonly clean: boolean;
  /** Seconds; sent on 5.0 only. */
  readonly sessionExpiryInterval: number;
  /** Announced as Receive Maximum on 5.0; `undefined` announces nothing. */
  readonly receiveMaximum?: number;
  /** Seconds. */
  readonly keepalive: number;
  /** Milliseconds until CONNACK. */
  readonly connectTimeout: number;
  readonly username?: string;
  readonly password?: string | Buffer;
  readonly tls?: TlsOptions;
  readonly will?: Will;
}

/**
 * Opens one network connection; rejects with a `ConnectionError` that says what to do. When `signal` is aborted before
 * CONNACK, the network connection is ended and it rejects; later the signal means nothing.
 */
export type OpenWire = (options: WireOptions, listener: WireListener, signal?: AbortSignal) => Promise<Wire>;
