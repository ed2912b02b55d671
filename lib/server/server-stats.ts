import { addSnapshots, type ConsumerSnapshot } from '../delivery/consumer-stats.js';

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

export interface AdoptedSnapshot {
  readonly group: string;
  readonly snapshot: ConsumerSnapshot;
}

interface Counted {
  readonly group: string | undefined;
  readonly up: boolean;
  readonly snapshot: ConsumerSnapshot;
}

/** `adopted` are the sessions of other workers that are being finished; they count for their group. */
export function statsOf(members: readonly Counted[], adopted: readonly AdoptedSnapshot[]): MQTTSharedStats {
  const groups = new Map<string | undefined, MQTTSharedGroupStats>();
  for (const { group, up, snapshot } of members) {
    const sum = groups.get(group);
    const connections = (sum?.connections ?? 0) + 1;
    const connectionsUp = (sum?.connectionsUp ?? 0) + (up ? 1 : 0);
    groups.set(group, { group, connections, connectionsUp, ...(sum ? addSnapshots(sum, snapshot) : snapshot) });
  }
  for (const { group, snapshot } of adopted) {
    const sum = groups.get(group);
    if (sum !== undefined) groups.set(group, { ...sum, ...addSnapshots(sum, snapshot) });
  }
  return { groups: [...groups.values()] };
}
