import type { IdempotencyStore } from 'nestjs-mqtt-shared';
import { Watch } from '../support/watch.js';

/** A store that fails, or keeps whoever asks waiting, when the test says so. */
export class ScriptedStore implements IdempotencyStore {
  readonly records = new Map<string, string>();
  readonly ttls: number[] = [];
  /** These fail as long as they are in here. */
  readonly down = new Set<'get' | 'set'>();
  readonly #watch = new Watch();
  #held: (() => void)[] | undefined;

  /** From now on `set` writes nothing until {@link release}. */
  holdWrites(): void {
    this.#held = [];
  }

  release(): void {
    for (const write of this.#held ?? []) write();
    this.#held = undefined;
  }

  async whenWriting(): Promise<void> {
    await this.#watch.until(
      () => (this.#held?.length ?? 0) > 0 || undefined,
      () => 'Nobody writes.',
    );
  }

  async get(key: string): Promise<string | undefined> {
    if (this.down.has('get')) throw new Error('get: connection refused');
    return this.records.get(key);
  }

  async set(key: string, value: string, ttl: number): Promise<void> {
    if (this.down.has('set')) throw new Error('set: connection refused');
    const held = this.#held;
    if (held !== undefined) {
      await new Promise<void>((resolve) => {
        held.push(resolve);
        this.#watch.changed();
      });
    }
    this.records.set(key, value);
    this.ttls.push(ttl);
  }
}
