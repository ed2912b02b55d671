import type { Connection } from './connection.js';
import type { Packet, QoS } from './packets.js';

/** Which outgoing packets a fault is about. */
export type PacketPredicate = (packet: Packet, clientId: string) => boolean;
/** Which Topic Filters a fault is about; `$share/…` is part of the filter. */
export type FilterPredicate = (filter: string, clientId: string) => boolean;

/**
 * Ends a withholding: sends what was kept, in order or the other way round. Packets of a connection that has ended are
 * gone with it.
 *
 * @publicApi
 */
export interface Release {
  (options?: { reverse?: boolean }): void;
  /** Ends the withholding and forgets what was kept. */
  drop(): void;
  /** What is kept now, in order. */
  readonly held: readonly { readonly clientId: string; readonly packet: Packet }[];
}

interface Held {
  readonly packet: Packet;
  readonly clientId: string;
  readonly connection: Connection;
}

interface FilterRule {
  readonly applies: FilterPredicate;
  readonly reasonCode: (asked: QoS) => number;
}

/** What goes wrong on purpose. */
export class Faults {
  readonly #withholding = new Map<Held[], PacketPredicate>();
  readonly #filterRules = new Set<FilterRule>();

  withhold(predicate: PacketPredicate): Release {
    const held: Held[] = [];
    this.#withholding.set(held, predicate);
    const end = (): Held[] => {
      this.#withholding.delete(held);
      return held.splice(0);
    };
    const release = ({ reverse = false } = {}): void => {
      const packets = end();
      if (reverse) packets.reverse();
      for (const { packet, connection } of packets) connection.deliver(packet);
    };
    return Object.defineProperty(Object.assign(release, { drop: () => void end() }), 'held', {
      get: () => [...held],
    }) as Release;
  }

  withholds(packet: Packet, connection: Connection): boolean {
    if (this.#withholding.size === 0) return false;
    const { clientId } = connection;
    for (const [held, predicate] of this.#withholding) {
      if (!predicate(packet, clientId)) continue;
      held.push({ packet, clientId, connection });
      return true;
    }
    return false;
  }

  /** The latest rule for a filter decides. Returns a function that lifts it. */
  answer(filter: string | FilterPredicate, reasonCode: (asked: QoS) => number): () => void {
    const applies = typeof filter === 'string' ? (candidate: string) => isMeantBy(filter, candidate) : filter;
    const rule = { applies, reasonCode };
    this.#filterRules.add(rule);
    return () => void this.#filterRules.delete(rule);
  }

  /** The Reason Code for SUBACK: the QoS asked for where no rule says otherwise. */
  reasonCodeFor(filter: string, clientId: string, asked: QoS): number {
    const rule = [...this.#filterRules].findLast(({ applies }) => applies(filter, clientId));
    return rule ? rule.reasonCode(asked) : asked;
  }
}

/** A plain filter means the shared subscriptions to it, too. */
function isMeantBy(filter: string, candidate: string): boolean {
  return candidate === filter || candidate.replace(/^\$share\/[^/]+\//, '') === filter;
}
