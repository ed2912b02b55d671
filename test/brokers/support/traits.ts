/** What a broker does not do, and what tests that rest on it are therefore left out for: `docs/brokers.md` says it. */
export interface Lack {
  /** Reads on after "Not run here, because …"; states what can be checked. */
  readonly because: string;
}

/**
 * In what brokers differ without being wrong, as far as a user of the library can see it. A {@link Lack} in place of a
 * value leaves out the tests that rest on it.
 */
export interface Traits {
  /** Members that are equally idle all get some of the messages, also beside one that is stuck. */
  readonly evenShares: true | Lack;
  /** One member gets the messages of one publisher in their order. */
  readonly keepsOrder: true | Lack;
  /** A group goes on by itself, and soon, when a member dies or leaves under load. */
  readonly outlivesMembers: true | Lack;
  /** What comes while a member is away, and its session is there, waits for it or goes to others. */
  readonly keepsForAbsent: true | Lack;
  /** The highest QoS that is granted to a shared subscription. */
  readonly maximumQoS: 1 | 2;
  /** What a dead member has not acknowledged goes to another member, and not to its own session alone. */
  readonly handsOver: boolean;
  /** The library leaves a session behind when it closes, because the group may lose its messages with its last session. */
  readonly leavesSessions: boolean;
  /** A filter that the library takes for good and the broker does not. */
  readonly refusedFilter: string | Lack;
  /** Retained messages that a new shared subscription gets. */
  readonly retainedToShared: Readonly<Record<4 | 5, 0 | 1>>;
  /** Milliseconds within which what is to come has come, on a loaded machine. */
  readonly patience: number;
}

export const PATIENCE = 20_000;
