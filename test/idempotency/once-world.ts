import { setImmediate } from 'node:timers/promises';
import { Observable, type Subscription } from 'rxjs';
import type { Attempt } from '../../lib/delivery/attempt.js';
import { Once } from '../../lib/idempotency/once.js';

/** Something that takes its time: a question to the store, or a handler. */
interface Pending {
  finish(ok: boolean): void;
}

interface Arrival {
  readonly key: string;
  readonly ends: ('completed' | 'failed')[];
  readonly attempt: { skipped: boolean };
  subscription: Subscription | undefined;
  runs: number;
  gaveUp: boolean;
}

/** Messages that come, run, end and are given up in any order, around a store that answers late or not at all. */
export class OnceWorld {
  /** What must never be, and was. */
  readonly breaches: string[] = [];
  private readonly arrivals: Arrival[] = [];
  private readonly pending: Pending[] = [];
  private readonly records = new Map<string, string>();
  /** Ids whose handler has succeeded with nobody having given it up. */
  private readonly done = new Set<string>();
  private readonly running = new Map<string, number>();
  /** Ids of which the store has said that nothing is known, since it was asked last. */
  private readonly cleared = new Set<string>();

  private readonly store = {
    get: (key: string): Promise<string | undefined> => {
      this.cleared.delete(key);
      return this.wait('get', () => {
        const record = this.records.get(key);
        if (record === undefined) this.cleared.add(key);
        return record;
      });
    },
    set: (key: string, value: string): Promise<void> => this.wait('set', () => void this.records.set(key, value)),
  };

  arrive(key: string): void {
    const attempt = {
      skipped: false,
      aborted: false,
      verdict: undefined,
      delivery: { packet: { topic: 'jobs/a' }, message: {} },
    };
    const arrival: Arrival = { key, ends: [], attempt, subscription: undefined, runs: 0, gaveUp: false };
    this.arrivals.push(arrival);
    const task = {
      key,
      handler: 'Jobs.run',
      attempt: attempt as unknown as Attempt,
      store: this.store,
      window: 60_000,
      handle: () => this.run(arrival),
    };
    arrival.subscription = new Observable((subscriber) => void new Once(task, subscriber).start()).subscribe({
      complete: () => {
        arrival.ends.push('completed');
        if (!this.records.has(key)) this.breaches.push(`${key} ended well without a record`);
        if (arrival.attempt.skipped !== (arrival.runs === 0)) this.breaches.push(`${key} was skipped, and ran`);
      },
      error: () => arrival.ends.push('failed'),
    });
  }

  /** What waits longest, or any other, comes to its end. */
  finish(index: number, ok: boolean): void {
    if (this.pending.length === 0) return;
    const [pending] = this.pending.splice(index % this.pending.length, 1);
    pending?.finish(ok);
  }

  /** A message's time has run out. */
  giveUp(index: number): void {
    const waiting = this.arrivals.filter(({ ends, gaveUp }) => ends.length === 0 && !gaveUp);
    const arrival = waiting[index % waiting.length];
    if (arrival === undefined) return;
    arrival.gaveUp = true;
    if (arrival.runs > 0) this.done.delete(arrival.key);
    arrival.subscription?.unsubscribe();
  }

  /** Everything that follows from what has happened has happened. */
  async settle(): Promise<void> {
    await setImmediate();
  }

  /** From now on all goes well; afterwards every message has ended once, or was given up. */
  async rest(): Promise<void> {
    for (; this.pending.length > 0; await this.settle()) this.finish(0, true);
    for (const { key, ends, gaveUp } of this.arrivals) {
      if (ends.length !== (gaveUp ? 0 : 1)) this.breaches.push(`${key} ended ${ends.length} times`);
    }
  }

  private run(arrival: Arrival): Observable<unknown> {
    const { key } = arrival;
    return new Observable((subscriber) => {
      arrival.runs++;
      const before = this.running.get(key) ?? 0;
      if (before > 0) this.breaches.push(`${key} runs twice at once`);
      if (this.records.has(key) || this.done.has(key)) this.breaches.push(`${key} runs again after its success`);
      if (!this.cleared.delete(key)) this.breaches.push(`${key} runs unprotected`);
      this.running.set(key, before + 1);
      this.wait('handler', () => {}).then(
        () => {
          if (!arrival.gaveUp) this.done.add(key);
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
      return () => void this.running.set(key, (this.running.get(key) ?? 0) - 1);
    });
  }

  private wait<T>(what: string, outcome: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.pending.push({ finish: (ok) => (ok ? resolve(outcome()) : reject(new Error(`${what} failed`))) });
    });
  }
}
