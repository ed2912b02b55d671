/** Counts since the start, of one connection or summed over several. */
export interface ConsumerCounts {
  /** Messages taken in. */
  received: number;
  /** Messages all of whose handlers succeeded. */
  handled: number;
  /** Messages that failed with no attempt left, or that a handler refused. */
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

export function addSnapshots(a: ConsumerSnapshot, b: ConsumerSnapshot): ConsumerSnapshot {
  return {
    received: a.received + b.received,
    handled: a.handled + b.handled,
    failed: a.failed + b.failed,
    failedAttempts: a.failedAttempts + b.failedAttempts,
    resent: a.resent + b.resent,
    acksDropped: a.acksDropped + b.acksDropped,
    running: a.running + b.running,
    waiting: a.waiting + b.waiting,
    unsettled: a.unsettled + b.unsettled,
    held: a.held + b.held,
    oldestHeldFor: Math.max(a.oldestHeldFor, b.oldestHeldFor),
  };
}

/** What is left of a connection that is no more. */
export function countsOnly(snapshot: ConsumerSnapshot): ConsumerSnapshot {
  return { ...snapshot, running: 0, waiting: 0, unsettled: 0, held: 0, oldestHeldFor: 0 };
}
