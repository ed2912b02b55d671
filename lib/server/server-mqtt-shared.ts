import { Logger } from '@nestjs/common';
import { type MessageHandler, Server } from '@nestjs/microservices';
import { type Backoff, backoffWith } from '../backoff.js';
import { atMost } from '../deadline.js';
import { MQTT_SHARED } from '../decorators/shared-pattern.metadata.js';
import { reasonOf } from '../errors/reason-of.js';
import { EventBus } from '../observability/event-bus.js';
import { logEvents } from '../observability/log-events.js';
import { logStartReport } from '../observability/log-start-report.js';
import type { MQTTSharedStartReport } from '../observability/start-report.js';
import { Brokers } from '../session/brokers.js';
import { randomClientId } from '../session/client-id.js';
import { DEFAULT_CONNECT_TIMEOUT } from '../session/connection-options.js';
import { DEFAULT_RECONNECT } from '../session/link.js';
import { wireOptions } from '../session/wire-options.js';
import type { OutboundPublish } from '../session/wire.js';
import { BrokerLook } from './broker-look.js';
import { ConnectionFactory } from './connection-factory.js';
import { Connections } from './connections.js';
import { refuseUnknownGroups } from './connections-option.js';
import { FailureEnds } from './failure-ends.js';
import { HandlerRegistry } from './handler-registry.js';
import { ProcessingHooks } from './processing-hooks.js';
import { ReplyPublisher } from './reply-publisher.js';
import { RouteFactory } from './route-factory.js';
import type { MQTTSharedServerEvents, MQTTSharedStatus } from './server-events.js';
import { DEFAULT_DRAIN_TIMEOUT, type MQTTSharedServerOptions, validateServerOptions } from './server-options.js';
import type { MQTTSharedStats } from './server-stats.js';
import { StartRecord } from './start-record.js';
import { startReport } from './start-report.js';

/**
 * Nest's side of this transport: the methods that Nest registers become members of shared subscriptions.
 *
 * ```ts
 * app.connectMicroservice({ strategy: new ServerMQTTShared({ url: 'mqtt://localhost:1883' }) });
 * await app.startAllMicroservices();
 * ```
 *
 * A message is acknowledged once every handler of it has settled, in the order of arrival, and only on the connection
 * on which it came. The constructor throws `InvalidOptionError`, `InvalidUrlError` and `InvalidShareNameError`.
 *
 * @publicApi
 */
export class ServerMQTTShared extends Server<MQTTSharedServerEvents, MQTTSharedStatus> {
  override transportId: symbol = MQTT_SHARED;
  override readonly propagatesEventHandlerErrors: boolean = true;
  protected override readonly logger = new Logger(ServerMQTTShared.name);

  private readonly clientId: string;
  private readonly brokers: Brokers;
  private readonly backoff: Backoff;
  private readonly registry: HandlerRegistry;
  private readonly hooks = new ProcessingHooks(MQTT_SHARED, (error) => {
    this.logger.error(`The processing end hook threw: ${reasonOf(error)}`);
  });
  private readonly events = new EventBus((error, type) => {
    this.logger.error(`A listener of the event '${type}' threw: ${String(error)}`);
  });
  private connections: Connections | undefined;
  private replies: ReplyPublisher | undefined;
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private look: BrokerLook | undefined;
  private report: MQTTSharedStartReport | undefined;

  constructor(private readonly options: MQTTSharedServerOptions = {}) {
    super();
    validateServerOptions(options);
    this.brokers = new Brokers(options.url);
    this.clientId = options.clientId ?? randomClientId();
    this.backoff = backoffWith(DEFAULT_RECONNECT, options.reconnect);
    this.registry = new HandlerRegistry(options);
    logEvents(this.events, this.logger);
    logStartReport(this.events, this.logger, options.startReport ?? 'full');
    this._status$.next('disconnected');
  }

  // --- what Nest calls ------------------------------------------------------------------------------------------

  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const onTheWire = this.registry.add(this.normalizePattern(pattern as string), callback, extras);
    callback.isEventHandler = isEventHandler;
    callback.extras = extras;
    // Nest chains handlers of one pattern and loses the outcome of all but one; here each is called by itself.
    if (!this.messageHandlers.has(onTheWire)) this.messageHandlers.set(onTheWire, callback);
  }

  /**
   * Calls back when every connection is up and every filter was granted; with an error that says what to do when the
   * broker cannot be reached or refuses, and then nothing is left open.
   */
  override listen(callback: (error?: unknown) => void): void {
    this.starting = this.start();
    this.starting.then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /**
   * Stops taking messages, finishes what runs and what only this server's sessions hold, ends those, and disconnects;
   * within `drainTimeout` in any case. What is left then stays with the broker.
   */
  override close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** Listens to events of one type; see `MQTTSharedEvent`. */
  override on<T extends keyof MQTTSharedServerEvents>(type: T, listener: MQTTSharedServerEvents[T]): void {
    this.events.on(type, listener);
  }

  /** The mqtt.js clients of the connections that are up, one for each. Acknowledging is not theirs: see the context. */
  override unwrap<T = unknown[]>(): T {
    if (this.connections === undefined) {
      throw new Error(
        'Not initialized. Please call the "listen"/"startAllMicroservices" method before accessing the server.',
      );
    }
    return this.connections.natives as T;
  }

  override setOnProcessingStartHook(...[hook]: Parameters<Server['setOnProcessingStartHook']>): void {
    this.hooks.start = hook;
  }

  override setOnProcessingEndHook(...[hook]: Parameters<Server['setOnProcessingEndHook']>): void {
    this.hooks.end = hook;
  }

  /** What happens at this moment, group by group. */
  stats(): MQTTSharedStats {
    return this.connections?.stats() ?? { groups: [] };
  }

  /** What the last `listen()` that succeeded has come to; `undefined` until one has. */
  get startReport(): MQTTSharedStartReport | undefined {
    return this.report;
  }

  /** Methods are registered, and nobody has called `listen()` for them. @internal */
  get isForgotten(): boolean {
    return this.starting === undefined && this.messageHandlers.size > 0;
  }

  // --- lifecycle ------------------------------------------------------------------------------------------------

  private async start(): Promise<void> {
    this.closing = undefined;
    const look = new BrokerLook(this.options, this.brokers, this.clientId);
    this.look = look;
    const subscriptions = this.registry.subscriptions();
    refuseUnknownGroups(this.options.connections, subscriptions);
    const replies = new ReplyPublisher({
      open: (listener, signal) =>
        this.brokers.open(this.wireOptions('replies', { clean: true, sessionExpiryInterval: 0 }), listener, signal),
      reconnect: this.backoff,
      answerTimeout: this.options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
    });
    this.replies = replies;
    const routes = new RouteFactory(
      this.options,
      new FailureEnds(this.options.onError ?? {}, subscriptions, (letter) => this.publishDeadLetter(letter, replies)),
      this.hooks,
      (pattern) => this.normalizePattern(pattern as never),
      replies.send,
      (why) => this.logger.warn(why),
    );
    const profile = await look.profile();
    const factory = new ConnectionFactory(this.options, this.brokers, profile, this.events, routes);
    const connections = new Connections(this.options, this.clientId, subscriptions, factory, () => this.updateStatus());
    this.connections = connections;
    const record = new StartRecord(this.events);
    try {
      await connections.start(() => look.requireSharing(profile, subscriptions));
    } catch (error) {
      this.connections = undefined;
      await replies.close(0);
      throw error;
    } finally {
      record.end();
    }
    this.report = startReport(this.brokers.address, profile, this.options, subscriptions, record);
    this.events.emit({ type: 'listening', report: this.report });
  }

  private async publishDeadLetter(letter: OutboundPublish, replies: ReplyPublisher): Promise<void> {
    try {
      await replies.publish(letter);
      this.logger.warn(`Dead-lettered to "${letter.topic}".`);
    } catch (error) {
      this.logger.error(`The dead letter to "${letter.topic}" was not taken: ${reasonOf(error)}.`);
      throw error;
    }
  }

  /** Derived from the stem, so that a server that comes back under its old `clientId` finds its sessions again. */
  private connectionName(part: string): string {
    return `${this.clientId}:${part}`;
  }

  private wireOptions(part: string, session: { clean: boolean; sessionExpiryInterval: number }) {
    return wireOptions(this.options, { clientId: this.connectionName(part), ...session });
  }

  private updateStatus(): void {
    const states = this.connections?.states ?? [];
    if (states.length > 0 && states.every((state) => state === 'up')) this._status$.next('connected');
    else if (states.includes('refused')) this._status$.next('subscription-refused');
    else if (states.includes('down')) this._status$.next('reconnecting');
    else if (states.every((state) => state === 'closed')) this._status$.next('closed');
  }

  private async shutDown(): Promise<void> {
    const drainTimeout = this.options.drainTimeout ?? DEFAULT_DRAIN_TIMEOUT;
    const deadline = Date.now() + drainTimeout;
    this.look?.end();
    await this.connections?.close(drainTimeout);
    // A start that this has ended undoes what it began.
    await atMost(this.starting ?? Promise.resolve(), Math.max(0, deadline - Date.now()));
    await this.replies?.close(Math.max(0, deadline - Date.now()));
    this._status$.next('closed');
  }
}
