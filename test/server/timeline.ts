const PATIENCE = 4_000;

/** What happened, in order; tests wait for an entry and then look at what came before it. */
export class Timeline {
  readonly entries: string[] = [];
  private watchers: (() => void)[] = [];

  readonly add = (entry: string): void => {
    this.entries.push(entry);
    for (const look of this.watchers) look();
  };

  /** Entries that concern one subject, without its name: `['started', 'acknowledged']`. */
  of(subject: string): string[] {
    return this.entries
      .filter((entry) => entry.endsWith(` ${subject}`))
      .map((entry) => entry.slice(0, -subject.length - 1));
  }

  /** Resolves when every one of these entries is there, whether it came before or comes now. */
  async until(...wanted: string[]): Promise<void> {
    await this.when(
      () => wanted.every((entry) => this.entries.includes(entry)),
      () => `${wanted.filter((entry) => !this.entries.includes(entry)).join(', ')} never came`,
    );
  }

  /** Resolves when the entry is there that many times. */
  async untilTimes(times: number, wanted: string): Promise<void> {
    const count = (): number => this.entries.filter((entry) => entry === wanted).length;
    await this.when(
      () => count() >= times,
      () => `${wanted} came ${count()} times and not ${times}`,
    );
  }

  private when(condition: () => boolean, otherwise: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.watchers = this.watchers.filter((watcher) => watcher !== look);
      };
      const look = (): void => {
        if (!condition()) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`${otherwise()}; what came:\n${this.entries.join('\n')}`));
      }, PATIENCE);
      this.watchers.push(look);
      look();
    });
  }
}
