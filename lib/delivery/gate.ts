import { Fifo } from '../fifo.js';

/**
 * Something that passes gates on its way to being started. All passengers meet their gates in the same order (key,
 * pattern, connection), so none can wait for one that waits for it.
 */
export interface Passenger {
  readonly gates: readonly Gate[];
  /** How many of `gates` it has passed and not left. */
  passed: number;
  /** A cancelled passenger goes through like any other and leaves as soon as it is started. */
  cancelled: boolean;
  start(): void;
}

/** Lets up to `limit` passengers be behind it at once; the others wait in order of arrival. */
export class Gate {
  private readonly queue = new Fifo<Passenger>();
  private inside = 0;
  private pumping = false;

  constructor(private limit: number) {}

  get idle(): boolean {
    return this.inside === 0 && this.queue.length === 0;
  }

  /** `true` when the passenger is through; otherwise it waits, and goes on by itself when its turn comes. */
  enter(passenger: Passenger): boolean {
    if (this.inside < this.limit) {
      this.inside++;
      return true;
    }
    this.queue.push(passenger);
    return false;
  }

  leave(): void {
    this.inside--;
    this.pump();
  }

  setLimit(limit: number): void {
    this.limit = limit;
    this.pump();
  }

  /** Takes out those that were cancelled while they waited. */
  purge(): void {
    this.queue.keepOnly((passenger) => !passenger.cancelled);
  }

  /** One that is let through may leave at once; the loop, not the call stack, then lets the next one in. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    while (this.inside < this.limit) {
      const next = this.queue.shift();
      if (next === undefined) break;
      this.inside++;
      next.passed++;
      advance(next);
    }
    this.pumping = false;
  }
}

/** Takes the passenger through the gates it has yet to pass, and starts it behind the last. */
export function advance(passenger: Passenger): void {
  for (;;) {
    const gate = passenger.gates[passenger.passed];
    if (gate === undefined) break;
    if (!gate.enter(passenger)) return;
    passenger.passed++;
  }
  passenger.start();
}

/** Leaves gates, the one passed last first, until only the first `keep` are kept. */
export function retreat(passenger: Passenger, keep = 0): void {
  while (passenger.passed > keep) {
    passenger.passed--;
    passenger.gates[passenger.passed]?.leave();
  }
}
