import { Logger } from '@nestjs/common';
import { ClientProxy, type MsPattern, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { Observable, throwError } from 'rxjs';
import { backoffWith } from '../backoff.js';
import { within } from '../deadline.js';
import { ClientClosedError } from '../errors/client-closed.error.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { NotConnectedError } from '../errors/not-connected.error.js';
import { reasonOf } from '../errors/reason-of.js';
import { SubscriptionRefusedError } from '../errors/subscription-refused.error.js';
import type { Outgoing, Published } from '../publishing/outgoing.js';
import { Publisher, type PublishOptions } from '../publishing/publisher.js';
import { REPLY_TOPIC_PREFIX } from '../reply/reply-protocol.js';
import { Brokers, type SessionOptions } from '../session/brokers.js';
import { randomClientId } from '../session/client-id.js';
import { DEFAULT_CONNECT_TIMEOUT } from '../session/connection-options.js';
import { DEFAULT_RECONNECT } from '../session/link.js';
import { openMqttWire } from '../session/mqtt-wire.js';
import { describeReasonCode } from '../session/reason-code.js';
import { wireOptions } from '../session/wire-options.js';
import type { InboundPublish, OutboundPublish, Wire, WireClosed, WireListener, WireOptions } from '../session/wire.js';
import type { ClientMQTTSharedEvents, ClientMQTTSharedStatus } from './client-events.js';
import { ClientLink } from './client-link.js';
import { ClientListeners } from './client-listeners.js';
import { type ClientMQTTSharedOptions, validateClientOptions } from './client-options.js';
import { hotObservable } from './hot-observable.js';
import { MessageEncoder } from './message-encoder.js';
import { ReplyAcknowledgements } from './reply-acknowledgements.js';
import { ReplyReader } from './reply-reader.js';
import { ReplySubscriptions } from './reply-subscriptions.js';
import { Requests } from './requests.js';

const CLOSE_DEADLINE = 5_000;

/**
 * Publishes to plain topics; which group of workers gets the messages is none of its business.
 *
 * Connects with the first use, reconnects by itself, and has a clean session. What is sent while there is no connection
 * waits, `offlineQueue` messages at most, and leaves in order on the next one.
 *
 * @example
 * ClientsModule.register([{ name: 'JOBS', customClass: ClientMQTTShared, options: { url: 'mqtt://localhost:1883' } }])
 *
 * @throws InvalidOptionError, InvalidUrlError from the constructor
 * @publicApi
 */
export class ClientMQTTShared extends ClientProxy<ClientMQTTSharedEvents> {
  private readonly log = new Logger(ClientMQTTShared.name);
  private readonly brokers: Brokers;
  private readonly clientId: string;
  private readonly instance = randomClientId();
  private readonly encoder: MessageEncoder;
  private readonly publisher: Publisher;
  private readonly replies: ReplySubscriptions;
  private readonly requests: Requests;
  private readonly reader: ReplyReader;
  private readonly acknowledgements = new ReplyAcknowledgements();
  private readonly link: ClientLink;
  private readonly listeners = new ClientListeners((error, event) => {
    this.log.error(`A listener of the event '${event}' threw: ${reasonOf(error)}`);
  });
  private wire: Wire | undefined;
  private requestCount = 0;
  private warnedOfNestReplies = false;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: ClientMQTTSharedOptions = {}) {
    super();
    validateClientOptions(options);
    this.brokers = new Brokers(options.url, (...opening) => this.openWire(...opening));
    this.clientId = options.clientId ?? this.instance;
    const ownTopic = REPLY_TOPIC_PREFIX + this.instance;
    this.encoder = new MessageEncoder(options, ownTopic, (pattern) => this.normalizePattern(pattern as MsPattern));
    this.publisher = new Publisher(options);
    this.replies = new ReplySubscriptions({
      ownTopic,
      refused: (code) => new SubscriptionRefusedError(this.brokers.address, ownTopic, 'ClientMQTTShared.send', code),
      refusedForNest: (topic, code) => this.warnOfNestReplies(topic, code),
    });
    this.requests = new Requests(this.replies);
    this.reader = new ReplyReader(this.requests, this.encoder.codec, options.deserializer);
    this.link = new ClientLink(
      (listener, signal) => this.brokers.open(this.sessionOptions(), listener, signal),
      {
        opened: (wire) => {
          this.wire = wire;
        },
        connected: (wire) => this.connected(wire),
        publish: (packet) => this.receive(packet),
        disconnected: (reason) => this.disconnected(reason),
      },
      (error) => this.startFailed(error),
      backoffWith(DEFAULT_RECONNECT, options.reconnect),
    );
  }

  /** Emits the present status, where there has been one, and each change. */
  // Narrowed here: with it as a type argument of the base class, `customClass` would not take this class.
  override get status(): Observable<ClientMQTTSharedStatus> {
    return super.status as Observable<ClientMQTTSharedStatus>;
  }

  /** Resolves when there has been a connection; rejects when the first cannot be opened. A later call tries again. */
  override connect(): Promise<void> {
    return this.link.start();
  }

  /**
   * Publishes the data itself: bytes and strings as they are, everything else as JSON. A record of `MqttRecordBuilder`
   * sets QoS, retain and 5.0 properties.
   *
   * It is on its way when this returns, whether anyone subscribes or not. The Observable completes when the broker has
   * taken the message (QoS 0: when it is written) and errors with `PublishError`, `OfflineQueueFullError`,
   * `ClientClosedError`, `InvalidTopicNameError`, `InvalidMessageError`, `PayloadEncodeError`, or with why the first
   * connection failed. An error that nobody subscribed for is logged.
   */
  // The parameters are Nest's.
  // oxlint-disable-next-line typescript/no-explicit-any
  override emit<TResult = any, TInput = any>(pattern: any, data: TInput): Observable<TResult> {
    if (isNil(pattern) || isNil(data)) return super.emit(pattern, data);
    return hotObservable(
      (done) => this.dispatch(() => this.encoder.event(this.packet(pattern, data)), done),
      (error) => this.log.error(error.message),
    );
  }

  /**
   * Asks, and emits the replies. Nothing is sent before the Observable is subscribed to, and each subscription asks
   * anew. Unsubscribing forgets the request, which then does not leave with a later connection; there is no timeout unless
   * you add one (`timeout()` of rxjs).
   *
   * Exactly one worker of a group answers. Where the broker says that nobody is subscribed (5.0), it errors at once with
   * `PublishError` (0x10), unless `requireSubscribers` is false. A request that the broker had not confirmed when a connection was lost is
   * sent again; replies that were sent meanwhile are lost.
   */
  // oxlint-disable-next-line typescript/no-explicit-any
  override send<TResult = any, TInput = any>(pattern: any, data: TInput): Observable<TResult> {
    if (isNil(pattern) || isNil(data)) return super.send(pattern, data);
    try {
      this.encoder.topic(pattern, 'send');
    } catch (error) {
      return throwError(() => error);
    }
    return new Observable((observer) =>
      this.publisher.isConnected
        ? this.publish(this.packet(pattern, data), this.createObserver(observer))
        : // Waits for the first connection outside of the offline queue, and sends nothing if it is forgotten by then.
          super.send<TResult, TInput>(pattern, data).subscribe(observer),
    );
  }

  /**
   * Takes nothing more, waits up to 5 s for what is on its way to be confirmed, errors what is not, and disconnects. For
   * good: what is sent afterwards errors with `ClientClosedError`.
   */
  override close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  override on<Event extends keyof ClientMQTTSharedEvents>(event: Event, callback: ClientMQTTSharedEvents[Event]): void {
    this.listeners.on(event, callback);
  }

  /** The `MqttClient` of mqtt.js that is connected now; another one after each reconnect. @throws NotConnectedError */
  override unwrap<T>(): T {
    if (this.wire === undefined) throw new NotConnectedError('ClientMQTTShared.unwrap() has nothing to return');
    return this.wire.native as T;
  }

  protected override dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    return new Promise((resolve, reject) => {
      this.dispatch(
        () => this.encoder.event(packet),
        (error) => (error === undefined ? resolve(undefined as T) : reject(error)),
      );
    });
  }

  protected override publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const id = `${this.instance}-${(++this.requestCount).toString(36)}`;
    let message: OutboundPublish;
    try {
      message = this.encoder.request(packet, id);
    } catch (error) {
      callback({ err: error });
      return () => {};
    }
    let outgoing: Outgoing | undefined;
    const forget = this.requests.open(id, message.topic, callback, () => {
      outgoing = this.dispatch(
        () => message,
        (error) => {
          this.acknowledgements.release();
          if (error !== undefined) this.requests.fail(id, error);
        },
        // Nobody could answer.
        { requireSubscribers: this.options.requireSubscribers ?? true },
      );
    });
    return () => {
      forget();
      if (outgoing !== undefined) this.publisher.forget(outgoing);
    };
  }

  /** Opens one network connection. */
  protected openWire(options: WireOptions, listener: WireListener, signal?: AbortSignal): Promise<Wire> {
    return openMqttWire(options, listener, signal);
  }

  private sessionOptions(): SessionOptions {
    const { clientId } = this;
    return wireOptions(this.options, { clientId, clean: true, sessionExpiryInterval: 0 });
  }

  /** Nest 11 has neither dispatch hooks nor `createPacket`. */
  private packet(pattern: unknown, data: unknown): ReadPacket {
    return 'createPacket' in this ? this.createPacket(pattern, data) : { pattern, data };
  }

  private dispatch(
    encode: () => OutboundPublish,
    done: Published,
    options: PublishOptions = this.options,
  ): Outgoing | undefined {
    let message: OutboundPublish;
    try {
      if (this.closing !== undefined) throw new ClientClosedError('A message was not published');
      message = encode();
    } catch (error) {
      done(error as Error);
      return undefined;
    }
    const outgoing = this.publisher.send(message, done, options);
    // Its failure reaches `done` by way of the publisher.
    if (this.wire === undefined) this.connect().catch(() => {});
    return outgoing;
  }

  private async connected(wire: Wire): Promise<void> {
    const { connectTimeout = DEFAULT_CONNECT_TIMEOUT } = this.options;
    await within(
      this.replies.connected(wire).catch((error: unknown) => this.requests.failAll(error)),
      connectTimeout,
      () => new NoAnswerError(wire.address, this.clientId, 'SUBSCRIBE', connectTimeout),
    );
    if (!wire.open) return;
    this.publisher.connected(wire);
    this.changeStatus('connected');
    this.listeners.tell('connect');
  }

  private disconnected(reason: WireClosed): void {
    this.connectionEnded();
    this.changeStatus('reconnecting');
    this.listeners.tell('disconnect', reason);
  }

  private changeStatus(status: ClientMQTTSharedStatus): void {
    this._status$.next(status);
  }

  private startFailed(error: Error): void {
    this.connectionEnded();
    this.publisher.abandon(error);
    this.changeStatus('disconnected');
  }

  private connectionEnded(): void {
    this.wire = undefined;
    this.publisher.disconnected();
    this.replies.disconnected();
  }

  private receive(packet: InboundPublish): boolean {
    const { packetId, qos } = packet;
    const { wire } = this;
    const waited = this.requests.areWaiting;
    this.reader.read(packet);
    if (qos === 0 || wire === undefined) return true;
    const acknowledgement = { packetId, qos, reasonCode: 0 };
    if (waited && !this.requests.areWaiting) this.acknowledgements.hold(wire, acknowledgement);
    else this.acknowledgements.add(wire, acknowledgement);
    return true;
  }

  private warnOfNestReplies(topic: string, code: number): void {
    if (this.warnedOfNestReplies) return;
    this.warnedOfNestReplies = true;
    this.log.warn(
      `The broker at ${this.brokers.address} refused the subscription "${topic}" with ${describeReasonCode(code)}. ` +
        "Servers of nestjs-mqtt-shared answer all the same; those of Nest's own MQTT transport cannot.",
    );
  }

  private async shutDown(): Promise<void> {
    if (this.publisher.unsettled > 0) await this.link.startSettled(CLOSE_DEADLINE);
    await this.publisher.close(CLOSE_DEADLINE);
    this.requests.failAll(new ClientClosedError('The request was not answered'));
    this.acknowledgements.close();
    await this.link.stop();
    this.connectionEnded();
    this.changeStatus('closed');
    this.listeners.tell('close');
  }
}

function isNil(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
