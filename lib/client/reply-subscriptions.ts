import { NEST_REPLY_SUFFIX } from '../reply/reply-protocol.js';
import type { Wire } from '../session/wire.js';

const LONGEST_TOPIC = 65_535;
const FAILURE = 0x80;

export const IDLE_REPLY_TOPICS = 64;

export interface ReplySubscriptionsOptions {
  /** The topic of this instance. */
  readonly ownTopic: string;
  /** A refused subscription to the own topic, as an error. */
  refused(reasonCode: number): Error;
  /** A subscription to `<topic>/reply` was refused: Nest's own servers cannot answer. */
  refusedForNest(topic: string, reasonCode: number): void;
}

interface Subscription {
  readonly topic: string;
  /** Requests that wait for a reply. */
  users: number;
  /** From SUBSCRIBE to SUBACK on the current connection. */
  pending?: Promise<void>;
  /** SUBACK came on the current connection, and asking again would change nothing. */
  settled: boolean;
}

/**
 * Where replies arrive: one topic of this instance, and `<topic>/reply` for each topic requested, where Nest's own
 * `ServerMqtt` answers. Subscriptions outlive their requests, so that the next request costs no SUBSCRIBE; of those that
 * no request uses the {@link IDLE_REPLY_TOPICS} last used are kept.
 */
export class ReplySubscriptions {
  private readonly own: Subscription;
  /** By the topic of the requests. */
  private readonly used = new Map<string, Subscription>();
  /** Likewise; least recently used first. */
  private readonly idle = new Map<string, Subscription>();
  private wire: Wire | undefined;

  constructor(private readonly options: ReplySubscriptionsOptions) {
    this.own = { topic: options.ownTopic, users: 0, settled: false };
  }

  /**
   * Resolves, or returns nothing, when replies to a request on `topic` can arrive, or when there is no connection: they
   * can when the next is ready. Rejects when the subscription to the own topic is refused.
   */
  acquire(topic: string): Promise<void> | undefined {
    this.own.users++;
    const nest = this.nestSubscription(topic);
    const { own, wire } = this;
    if (wire === undefined || (own.settled && (nest === undefined || nest.settled))) return undefined;
    const needed = nest === undefined ? [own] : [own, nest];
    const missing = needed.filter(({ settled, pending }) => !settled && pending === undefined);
    if (missing.length > 0) this.subscribe(missing, wire);
    const pending = needed.flatMap((subscription) => subscription.pending ?? []);
    return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined);
  }

  private nestSubscription(requestTopic: string): Subscription | undefined {
    let subscription = this.used.get(requestTopic);
    if (subscription === undefined) {
      subscription = this.idle.get(requestTopic) ?? newSubscription(requestTopic);
      if (subscription === undefined) return undefined;
      this.idle.delete(requestTopic);
      this.used.set(requestTopic, subscription);
    }
    subscription.users++;
    return subscription;
  }

  /** A request on `topic` waits no longer. */
  release(topic: string): void {
    this.own.users--;
    const subscription = this.used.get(topic);
    if (subscription === undefined || --subscription.users > 0) return;
    this.used.delete(topic);
    this.idle.set(topic, subscription);
    if (this.idle.size > IDLE_REPLY_TOPICS) this.evictOldest();
  }

  private evictOldest(): void {
    for (const [requestTopic, { topic }] of this.idle) {
      this.idle.delete(requestTopic);
      // When the connection ends first, the subscription has gone with it.
      this.wire?.unsubscribe([topic]).catch(() => {});
      return;
    }
  }

  /** A new connection has no subscriptions: those that requests wait on are made again before this resolves. */
  async connected(wire: Wire): Promise<void> {
    this.idle.clear();
    this.wire = wire;
    if (this.own.users === 0) return;
    const needed = [this.own, ...this.used.values()];
    this.subscribe(needed, wire);
    await Promise.all(needed.flatMap(({ pending }) => pending ?? []));
  }

  disconnected(): void {
    this.wire = undefined;
    for (const subscription of [this.own, ...this.used.values()]) {
      subscription.settled = false;
      subscription.pending = undefined;
    }
  }

  private subscribe(subscriptions: readonly Subscription[], wire: Wire): void {
    const codes = wire.subscribe(subscriptions.map(({ topic }) => ({ filter: topic, qos: 1 })));
    subscriptions.forEach((subscription, index) => {
      const pending = codes.then(
        (all) => {
          if (this.wire === wire) this.answered(subscription, all[index] ?? FAILURE);
        },
        (error: unknown) => {
          // The connection ended, and the next one makes them again.
          if (this.wire === wire && wire.open) throw error;
        },
      );
      subscription.pending = pending;
      const clear = (): void => {
        if (subscription.pending === pending) subscription.pending = undefined;
      };
      pending.then(clear, clear);
    });
  }

  private answered(subscription: Subscription, code: number): void {
    if (code >= FAILURE) {
      if (subscription === this.own) throw this.options.refused(code);
      this.options.refusedForNest(subscription.topic, code);
    }
    subscription.settled = true;
  }
}

function newSubscription(requestTopic: string): Subscription | undefined {
  const topic = requestTopic + NEST_REPLY_SUFFIX;
  return Buffer.byteLength(topic) > LONGEST_TOPIC ? undefined : { topic, users: 0, settled: false };
}
