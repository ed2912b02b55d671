/** What a run has to know of a broker: in what it differs from others, and no more. */
export interface ChaosBroker {
  /** What it holds is there again after it was stopped (SIGTERM), or even killed; else why not. */
  readonly keeps: 'over a stop' | 'over a kill' | { readonly nothing: string };
  /** After a restart it has sessions, and not their shared subscriptions: until a worker subscribes again it discards what is published. */
  readonly forgetsSharedSubscriptions: boolean;
  /** Versions on which a restart among other faults loses nothing. */
  readonly restartsAmongFaults: readonly (4 | 5)[];
  /** Milliseconds after which it has saved what it has confirmed, should it be killed. */
  readonly savedAfter: number;
  /** Why jobs run again here though no session has changed hands; how often is told then, and not judged. */
  readonly runsAgain?: string;
  /** The highest QoS that it grants to a shared subscription. */
  readonly maximumQoS: 1 | 2;
}

/**
 * Milliseconds after which a Mosquitto with `autosave_interval 1` has saved what it has confirmed: it looks once a second
 * whether more than the interval has passed.
 */
const MOSQUITTO_SAVES = 3000;

export const BROKERS = {
  embedded: {
    keeps: { nothing: 'it lives in memory' },
    forgetsSharedSubscriptions: false,
    restartsAmongFaults: [],
    savedAfter: 0,
    maximumQoS: 2,
  },
  mosquitto: {
    keeps: 'over a kill',
    forgetsSharedSubscriptions: true,
    restartsAmongFaults: [5], // 3.1.1 does not tell a publisher that nobody is subscribed yet
    savedAfter: MOSQUITTO_SAVES,
    maximumQoS: 2,
  },
  hivemq: {
    keeps: 'over a kill',
    forgetsSharedSubscriptions: false,
    restartsAmongFaults: [4, 5],
    savedAfter: 0,
    runsAgain:
      'when a member leaves something, its file persistence gives out what others have in hand behind that, too',
    maximumQoS: 1,
  },
  artemis: {
    keeps: 'over a kill',
    forgetsSharedSubscriptions: false,
    restartsAmongFaults: [4, 5],
    savedAfter: 0,
    runsAgain: 'what waits for its next attempt when a connection is renewed goes to another member at once',
    maximumQoS: 2,
  },
  nanomq: {
    keeps: { nothing: 'NanoMQ keeps neither sessions nor their messages' },
    forgetsSharedSubscriptions: false,
    restartsAmongFaults: [],
    savedAfter: 0,
    maximumQoS: 2,
  },
} as const satisfies Record<string, ChaosBroker>;

export type BrokerName = keyof typeof BROKERS;

export function brokerOf(name: BrokerName): ChaosBroker {
  return BROKERS[name];
}
