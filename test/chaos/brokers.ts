/** What a run has to know of a broker: in what it differs from others, and no more. */
export interface ChaosBroker {
  /** What it holds is there again after it was stopped (SIGTERM); else why not. */
  readonly keepsOverStop: true | { readonly because: string };
  /** The same after a kill. */
  readonly keepsOverKill: true | { readonly because: string };
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

const IN_MEMORY = { because: 'it lives in memory' };
const KEEPS_NOTHING = { because: 'it keeps neither sessions nor their messages' };

export const BROKERS = {
  embedded: {
    keepsOverStop: IN_MEMORY,
    keepsOverKill: IN_MEMORY,
    forgetsSharedSubscriptions: false,
    restartsAmongFaults: [],
    savedAfter: 0,
    maximumQoS: 2,
  },
  mosquitto: {
    keepsOverStop: true,
    keepsOverKill: true,
    forgetsSharedSubscriptions: true,
    restartsAmongFaults: [5], // 3.1.1 does not tell a publisher that nobody is subscribed yet
    savedAfter: MOSQUITTO_SAVES,
    maximumQoS: 2,
  },
  hivemq: {
    keepsOverStop: true,
    keepsOverKill: { because: 'what it has handed to members by then it hands to nobody again' },
    forgetsSharedSubscriptions: false,
    restartsAmongFaults: [4, 5],
    savedAfter: 0,
    runsAgain:
      'when a member leaves something, its file persistence gives out what others have in hand behind that, too',
    maximumQoS: 1,
  },
  artemis: {
    keepsOverStop: true,
    keepsOverKill: true,
    forgetsSharedSubscriptions: false,
    restartsAmongFaults: [4, 5],
    savedAfter: 0,
    runsAgain: 'what waits for its next attempt when a connection is renewed goes to another member at once',
    maximumQoS: 2,
  },
  nanomq: {
    keepsOverStop: KEEPS_NOTHING,
    keepsOverKill: KEEPS_NOTHING,
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
