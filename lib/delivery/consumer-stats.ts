/** Counts since the start, of one connection or summed over several. */
export interface ConsumerCounts {
  /** Messages taken in. */
  received: number;
  /** Messages all of whose handlers succeeded. */
  handled: number;
  /** Messages that failed with no attempt left. */
  failed: number;
  /** Handler calls that failed, the last ones included. */
  failedAttempts: number;
  /** PUBLISH packets that were resends: with DUP, or of a message in hand. */
  resent: number;
  /** Acknowledgements not sent because the connection they belonged to had ended. */
  acksDropped: number;
}

/** What one connection is doing at this moment. */
export interface ConsumerSnapshot extends ConsumerCounts {
  /** Messages with a handler running. */
  running: number;
  /** Messages taken in that wait for their turn, or for their next attempt. */
  waiting: number;
  /** Messages the broker has not been told the end of: running, waiting, done and awaiting their turn, held. */
  unsettled: number;
  /** Messages that failed and are left to the broker to deliver again. */
  held: number;
  /** Milliseconds for which the oldest unacknowledged message has been here; 0 when there is none. */
  oldestHeldFor: number;
}
