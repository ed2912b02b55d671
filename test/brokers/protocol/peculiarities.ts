/** The answer to SUBSCRIBE. */
export type Verdict = 'granted' | 'disconnected' | `refused 0x${string}`;

/** In what brokers differ without being wrong. */
export interface Peculiarities {
  /** Copies that a client gets through two overlapping plain subscriptions. */
  readonly overlappingCopies: { readonly 4: number; readonly 5: number };
  /** Retained messages that a new shared subscription gets. */
  readonly retainedToShared: number;
  /** Who gets what a persistent member left unacknowledged while another is connected. */
  readonly unfinishedSharedGoesTo: 'another member' | 'its own member';
  /** What one acknowledgement lets through while messages wait; more than one is more than the client allowed. */
  readonly acknowledgementFrees: 'one message' | 'a whole window';
  /** What the first connection is told when a second one takes over, on 5.0. */
  readonly takeoverReasonCode: number | undefined;
  /** How a malformed filter is answered. */
  readonly refusal: Readonly<Record<4 | 5, Verdict>>;
  /** Malformed filters that this broker takes all the same. */
  readonly acceptedFilters: readonly string[];
  readonly acceptsNoLocalOnShared: boolean;
}
