export const PATIENCE = 5000;

interface Watcher {
  look(): void;
}

/** Waits for a state without polling: whoever changes the state says so. */
export class Watch {
  readonly #watchers = new Set<Watcher>();

  changed(): void {
    for (const watcher of this.#watchers) watcher.look();
  }

  /**
   * Resolves with what `find` finds, now or after a change; rejects with what it throws, and with what `seen` says when
   * it takes too long.
   */
  until<T>(find: () => T | undefined, seen: () => string, patience = PATIENCE): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (finish: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        finish();
      };
      const watcher: Watcher = {
        look: () => {
          try {
            const found = find();
            if (found !== undefined) end(() => resolve(found));
          } catch (error) {
            end(() => reject(error instanceof Error ? error : new Error(String(error))));
          }
        },
      };
      const timer = setTimeout(
        () => end(() => reject(new Error(`Waited ${patience} ms in vain. ${seen()}`))),
        patience,
      );
      this.#watchers.add(watcher);
      watcher.look();
    });
  }
}
