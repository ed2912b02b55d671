import { finishBacklog } from '../adoption/finish-session.js';
import type { BrokerProfile } from '../broker/profile.js';
import { atMost } from '../deadline.js';
import type { Consumer } from '../delivery/consumer.js';
import type { EventBus } from '../observability/event-bus.js';
import type { Link } from '../session/link.js';
import type { Wire } from '../session/wire.js';
import { acknowledgementsRead } from './acknowledgements-read.js';
import type { SessionAnnouncer } from './session-announcer.js';

export interface RecyclingOptions {
  readonly clientId: string;
  readonly filters: readonly string[];
  /** Whether the session outlives its connections. */
  readonly persistent: boolean;
  readonly profile: BrokerProfile;
  /** Milliseconds for each answer of the broker. */
  readonly answerTimeout: number;
  readonly redeliverAfter: number;
  readonly events: EventBus;
}

/** Milliseconds without any progress, at the least, after which a clean session is not waited for any longer. */
const PATIENCE = 30_000;

/**
 * How a member renews its connection, on which messages are held: they come again only on another one. Nothing that is
 * done runs again for it, and nothing that nobody else gets is lost.
 */
export class Recycling {
  constructor(
    private readonly options: RecyclingOptions,
    private readonly link: Link,
    private readonly consumer: Consumer,
    private readonly announcer: SessionAnnouncer,
    /** Aborted when the member begins to leave: then its connection is not renewed. */
    private readonly leaving: AbortSignal,
  ) {}

  /** Resolves when the old connection has ended, or is not to be ended any more. */
  async run(): Promise<void> {
    const { events, clientId, persistent, profile, answerTimeout } = this.options;
    events.emit({ type: 'recycling', connection: clientId, held: this.consumer.snapshot().held });
    const wire = this.link.connection;
    const comesAgain = persistent || profile.handsOver.clean;
    if (comesAgain) await this.finishRunning();
    else if (wire !== undefined) await this.finishSession(wire);
    // One that has ended by itself meanwhile is renewed already.
    if (this.leaving.aborted || this.link.connection !== wire) return;
    await this.link.recycle(async (old) => {
      if (comesAgain) {
        this.consumer.discardArrivals('on this connection');
        await acknowledgementsRead(old, this.consumer, answerTimeout);
      }
      await this.sayGone(old);
    });
  }

  /**
   * DISCONNECT discards the will, and this process may not come back. The answer is waited for, because on 5.0 Artemis
   * answers a ping before it has dealt with the acknowledgements that came before it, and a publish after that.
   */
  private async sayGone(wire: Wire): Promise<void> {
    if (!this.announcer.isAnnouncedOn(wire)) return;
    // If it is refused now where it was allowed before, the next connection says so.
    const said = this.announcer.gone(wire).catch(() => {});
    await atMost(said, this.options.answerTimeout);
  }

  /** Starts nothing more, and waits for what runs; but a handler that never ends must not keep all others from working. */
  private async finishRunning(): Promise<void> {
    this.consumer.holdStarts();
    await atMost(this.consumer.whenNothingRuns(), this.options.redeliverAfter);
  }

  /** Leaves the group and finishes all that a clean session has, which ends with its connection. */
  private async finishSession(wire: Wire): Promise<void> {
    let isOver = false;
    const unsubscribed = wire.unsubscribe(this.options.filters);
    const finished = finishBacklog(wire, this.consumer, unsubscribed, 0).finally(() => (isOver = true));
    for (let before = NaN; !isOver && before !== this.settled;) {
      before = this.settled;
      await atMost(finished, PATIENCE);
    }
  }

  private get settled(): number {
    const { handled, failed } = this.consumer.snapshot();
    return handled + failed;
  }
}
