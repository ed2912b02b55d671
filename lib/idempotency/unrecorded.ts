/** More than that are forgotten, the oldest first. */
const MOST = 1_000;

/**
 * What has run here while the store did not take the record. Another try then writes the record and does not run it
 * again: a store that can be read and not written (a full disk, say) would have each message run time after time.
 */
export class Unrecorded {
  private readonly byKey = new Map<string, { readonly answers: readonly unknown[]; readonly until: number }>();

  get(key: string): readonly unknown[] | undefined {
    const entry = this.byKey.get(key);
    if (entry === undefined || entry.until > Date.now()) return entry?.answers;
    this.byKey.delete(key);
    return undefined;
  }

  /** `window` in ms, as for the record. */
  add(key: string, answers: readonly unknown[], window: number): void {
    if (this.byKey.has(key)) return;
    this.byKey.set(key, { answers, until: Date.now() + window });
    if (this.byKey.size <= MOST) return;
    const [oldest] = this.byKey.keys();
    if (oldest !== undefined) this.byKey.delete(oldest);
  }

  delete(key: string): void {
    this.byKey.delete(key);
  }
}
