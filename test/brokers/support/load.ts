import { ids } from '../../support/scene.js';
import type { Work } from './work.js';

const BATCH = 10;
/** Messages that may wait for workers. A tenth of the smallest queue among brokers, beyond which they drop messages. */
const AHEAD = 100;

/** A publisher that goes on for as long as a test wants, and no faster than the workers. */
export class Load {
  readonly sent: string[] = [];

  constructor(
    private readonly hand: (ids: readonly string[]) => Promise<void>,
    private readonly work: Work,
  ) {}

  async publish(): Promise<void> {
    const batch = ids(BATCH, `${this.sent.length}-`);
    this.sent.push(...batch);
    await this.hand(batch);
  }

  /** Publishes at least once more, also when it is over already. */
  async publishUntil(isOver: () => boolean): Promise<void> {
    do {
      await this.work.whenSomeDoneAtAll(this.sent.length - AHEAD);
      await this.publish();
    } while (!isOver());
  }
}
