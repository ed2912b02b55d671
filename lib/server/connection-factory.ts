import { type Backoff, backoffWith } from '../backoff.js';
import { CHECK_TOPIC } from '../broker/check-sharing.js';
import type { BrokerProfile } from '../broker/profile.js';
import type { ConsumerOptions } from '../delivery/consumer.js';
import type { Route } from '../delivery/handler.js';
import { KeyLanes } from '../delivery/key-lanes.js';
import type { EventBus } from '../observability/event-bus.js';
import { isReply } from '../reply/is-reply.js';
import { FilterTrie } from '../routing/filter-trie.js';
import type { Brokers } from '../session/brokers.js';
import { DEFAULT_CONNECT_TIMEOUT } from '../session/connection-options.js';
import { DEFAULT_RECONNECT } from '../session/link.js';
import { wireOptions } from '../session/wire-options.js';
import type { ProtocolVersion, Will, Wire, WireListener } from '../session/wire.js';
import { adoptionSettings } from './adoption-options.js';
import type { RouteFactory } from './route-factory.js';
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_MAX_PAYLOAD,
  DEFAULT_SESSION_EXPIRY,
  type MQTTSharedServerOptions,
} from './server-options.js';
import type { Subscription } from './subscription.js';

/** What an adoption and a member open their connections with. */
export type OpenSession = (
  listener: WireListener,
  signal: AbortSignal,
  options: { clean: boolean; will?: Will },
) => Promise<Wire>;

/** The server's options as its connections need them, defaults filled in. */
export class ConnectionFactory {
  readonly protocolVersion: ProtocolVersion;
  readonly answerTimeout: number;
  readonly reconnect: Backoff;
  readonly concurrency: number;
  readonly receiveMaximum: number;
  private readonly presence: { readonly topic: string } | undefined;
  private readonly lanes = new Map<string | undefined, KeyLanes>();

  constructor(
    private readonly options: MQTTSharedServerOptions,
    private readonly brokers: Brokers,
    readonly profile: BrokerProfile,
    readonly events: EventBus,
    private readonly routes: RouteFactory,
  ) {
    this.protocolVersion = options.protocolVersion ?? 5;
    this.answerTimeout = options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT;
    this.reconnect = backoffWith(DEFAULT_RECONNECT, options.reconnect);
    this.presence = adoptionSettings(options.adoption);
    this.concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.receiveMaximum = options.receiveMaximum ?? Math.min(2 * this.concurrency, 65_535);
  }

  /** Where the broker is, as it may be shown: the address in use where there are several. */
  get address(): string {
    return this.brokers.address;
  }

  /** Connections to a session that outlives them if `persistent`. */
  session(clientId: string, persistent: boolean, protocolVersion = this.protocolVersion): OpenSession {
    const expiry = persistent ? (this.options.sessionExpiry ?? DEFAULT_SESSION_EXPIRY) : 0;
    return (listener, signal, { clean, will }) => {
      const receiveMaximum = this.profile.receiveMaximum === 'drops' ? undefined : this.receiveMaximum;
      const session = { clientId, clean, sessionExpiryInterval: clean ? 0 : expiry, receiveMaximum, will };
      return this.brokers.open(wireOptions({ ...this.options, protocolVersion }, session), listener, signal);
    };
  }

  /** What takes in the messages of one connection. @throws InvalidOptionError, DeadLetterLoopError */
  consumer(clientId: string, group: string | undefined, subscriptions: readonly Subscription[]): ConsumerOptions {
    const routes = new FilterTrie<Route>();
    for (const subscription of subscriptions) {
      routes.add(subscription.filter, this.routes.route(subscription, clientId));
    }
    return {
      connection: clientId,
      routes,
      unmatched: this.routes.unmatched(group, clientId),
      lanes: this.lanesOf(group),
      concurrency: this.concurrency,
      receiveMaximum: this.receiveMaximum,
      ackOrder: this.options.ackOrder ?? 'arrival',
      reasonCodes: this.protocolVersion === 5,
      maxPayload: this.options.maxPayload ?? DEFAULT_MAX_PAYLOAD,
      isReply: ({ topic, properties, payload }) =>
        isReply(topic, properties, payload) ||
        topic.startsWith(CHECK_TOPIC) ||
        (group !== undefined && this.isPresence(topic)),
      events: this.events,
    };
  }

  /** What workers tell each other of themselves is no job, whatever a group's filter covers. */
  private isPresence(topic: string): boolean {
    return this.presence !== undefined && topic.startsWith(`${this.presence.topic}/`);
  }

  /** Messages of one key run one after another in this worker, whatever connection of the group they come through. */
  private lanesOf(group: string | undefined): KeyLanes {
    const lanes = this.lanes.get(group) ?? new KeyLanes();
    this.lanes.set(group, lanes);
    return lanes;
  }
}
