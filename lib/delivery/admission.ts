import type { Delivery } from './delivery.js';
import { Gate } from './gate.js';
import type { Route } from './handler.js';
import type { KeyLanes } from './key-lanes.js';

/** How many messages of a connection may run at once: of a key, of a pattern, of all. */
export class Admission {
  private readonly slots: Gate;
  /** What most messages have to pass: one array for all of them. */
  private readonly slotsOnly: readonly Gate[];
  private readonly patternGates = new Map<Route, Gate>();

  constructor(
    private readonly concurrency: number,
    private readonly lanes: KeyLanes,
  ) {
    this.slots = new Gate(concurrency);
    this.slotsOnly = [this.slots];
  }

  /** What a message has to pass before it runs; also notes its key. Throws what making the key throws. */
  gatesOf(delivery: Delivery): readonly Gate[] {
    const { route } = delivery;
    if (route.orderBy === undefined && route.concurrency === undefined) return this.slotsOnly;
    const gates: Gate[] = [];
    if (route.orderBy !== undefined) {
      delivery.key = route.orderBy(delivery);
      gates.push(this.lanes.lane(delivery.key));
    }
    if (route.concurrency !== undefined) gates.push(this.patternGate(route, route.concurrency));
    gates.push(this.slots);
    return gates;
  }

  private patternGate(route: Route, limit: number): Gate {
    let gate = this.patternGates.get(route);
    if (gate === undefined) {
      gate = new Gate(limit);
      this.patternGates.set(route, gate);
    }
    return gate;
  }

  /** Nothing passes from now on, until {@link open}. */
  close(): void {
    this.slots.setLimit(0);
  }

  open(): void {
    this.slots.setLimit(this.concurrency);
  }
}
