import type { ConsumerSnapshot } from '../delivery/consumer-stats.js';

/** Figures of one group, or of the plain subscriptions, over all its connections. @publicApi */
export interface MQTTSharedGroupStats extends ConsumerSnapshot {
  /** Share Name; `undefined` for the plain subscriptions. */
  readonly group: string | undefined;
  /** Connections that are up, of those planned. */
  readonly connectionsUp: number;
  readonly connections: number;
}

/** A snapshot of what a server does. @publicApi */
export interface MQTTSharedStats {
  readonly groups: readonly MQTTSharedGroupStats[];
}

interface Counted {
  readonly group: string | undefined;
  readonly up: boolean;
  readonly snapshot: ConsumerSnapshot;
}

export function statsOf(members: readonly Counted[]): MQTTSharedStats {
  const groups = new Map<string | undefined, MQTTSharedGroupStats>();
  for (const { group, up, snapshot } of members) {
    const sum = groups.get(group);
    const connections = (sum?.connections ?? 0) + 1;
    const connectionsUp = (sum?.connectionsUp ?? 0) + (up ? 1 : 0);
    groups.set(group, { group, connections, connectionsUp, ...(sum ? add(sum, snapshot) : snapshot) });
  }
  return { groups: [...groups.values()] };
}

function add(a: ConsumerSnapshot, b: ConsumerSnapshot): ConsumerSnapshot {
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
