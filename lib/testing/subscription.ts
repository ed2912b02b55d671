import type { QoS, SubscribePacket } from './packets.js';

/** One subscription of one session. */
export interface Subscription {
  /** As it stood in SUBSCRIBE, `$share/…` included: the key under which a session holds it. */
  readonly filter: string;
  /** What topics are matched against. */
  readonly topicFilter: string;
  readonly shareName: string | undefined;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** Retain Handling: 0 always, 1 only for a new subscription, 2 never (section 3.8.3.1). */
  readonly retainHandling: number;
  readonly identifier: number | undefined;
}

export type RequestedSubscription = SubscribePacket['subscriptions'][number];
