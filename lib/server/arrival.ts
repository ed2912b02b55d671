import type { BrokerProfile } from '../broker/profile.js';
import { within } from '../deadline.js';
import type { Consumer } from '../delivery/consumer.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import type { EventBus } from '../observability/event-bus.js';
import type { QoS, Wire } from '../session/wire.js';
import { subscribeAll } from './grant.js';
import type { SessionAnnouncer } from './session-announcer.js';
import type { Subscription } from './subscription.js';

export interface ArrivalOptions {
  readonly clientId: string;
  readonly subscriptions: readonly Subscription[];
  readonly filters: readonly string[];
  readonly allowDowngrade: boolean;
  readonly profile: BrokerProfile;
  /** Milliseconds for each answer of the broker. */
  readonly answerTimeout: number;
  readonly events: EventBus;
}

/** How a member makes a connection usable: it says that it is there, and has every filter granted. */
export class Arrival {
  /** The server's session has every subscription. */
  private subscribed = false;
  private hasSucceeded = false;
  private readonly leavingBegins: Promise<undefined>;
  private connectionEnds!: Promise<never>;
  private endWaits: (error: Error) => void = () => {};

  constructor(
    private readonly options: ArrivalOptions,
    private readonly consumer: Pick<Consumer, 'isPaused' | 'pauses'>,
    private readonly announcer: SessionAnnouncer,
    /** Aborted when the member begins to leave: nothing is subscribed to any more. */
    private readonly leaving: AbortSignal,
  ) {
    this.leavingBegins = new Promise((resolve) => {
      leaving.addEventListener('abort', () => resolve(undefined), { once: true });
    });
  }

  /** A connection is up; called before its first PUBLISH. */
  opened({ sessionPresent }: Wire): void {
    if (!sessionPresent) this.subscribed = false;
    this.connectionEnds = new Promise((_resolve, reject) => (this.endWaits = reject));
    this.connectionEnds.catch(() => {});
  }

  /** The connection has ended, and with it what is waited for: a message that is published tells nothing of that. */
  ended(): void {
    this.endWaits(new Error('The connection ended before the broker answered.'));
  }

  /**
   * Resolves with whether the session has what it is to have; it need not when the member leaves meanwhile.
   *
   * @throws SharedSubscriptionsUnavailableError, SubscriptionRefusedError, QoSDowngradedError, PresenceRefusedError,
   * NoAnswerError
   */
  async complete(wire: Wire): Promise<boolean> {
    const { announcer } = this;
    const { sessionPresent } = wire;
    if (sessionPresent && this.subscribed && !this.leaving.aborted) this.subscribed = await this.isStillSubscribed();
    const old = this.filtersOfOldVersion(wire);
    // First of all: SUBACK can come behind a long backlog, and a broker that crashes forgets the will. A session that
    // nobody is known to be at would be adopted meanwhile, or by nobody ever.
    const announced = sessionPresent || !this.leaving.aborted ? this.announce(wire) : Promise.resolve();
    if (this.subscribed || this.leaving.aborted) {
      if (this.subscribed) announcer.isSubscribed();
      await this.unlessLeaving(announced);
    } else {
      const outcomes = await this.unlessLeaving(Promise.all([this.subscribe(wire, old), announced]));
      if (outcomes === undefined) return false;
      this.subscribed = true;
      announcer.isSubscribed();
      const { clientId, filters, events } = this.options;
      events.emit({ type: 'subscribed', connection: clientId, filters, granted: outcomes[0] });
    }
    this.hasSucceeded = true;
    return true;
  }

  /** Says that somebody is at the session. */
  announce(wire: Wire): Promise<void> {
    return this.answered(wire, this.announcer.alive(wire), 'PUBLISH');
  }

  /**
   * A session that is there still need not have its subscriptions: an adopter has taken them, or the server, like
   * Mosquitto, has forgotten them in a restart. Asked for anew they do no harm, but for servers that then deliver again
   * what runs here.
   */
  private async isStillSubscribed(): Promise<boolean> {
    return this.options.profile.resubscribeRedelivers && !(await this.announcer.wasAdopted());
  }

  /** A session is never left with a subscription that no handler of this version serves. */
  private filtersOfOldVersion({ sessionPresent }: Wire): string[] {
    if (!sessionPresent || this.subscribed) return [];
    return this.announcer.lastFilters.filter((filter) => !this.options.filters.includes(filter));
  }

  private async subscribe(wire: Wire, old: readonly string[]): Promise<QoS[]> {
    const { subscriptions, allowDowngrade } = this.options;
    const granted = await this.answered(wire, subscribeAll(wire, subscriptions, allowDowngrade), 'SUBSCRIBE');
    if (old.length > 0) await wire.unsubscribe(old);
    return granted;
  }

  /** The broker's answer may come behind messages that are not begun any more: then it is not waited for. */
  private unlessLeaving<T>(answer: Promise<T>): Promise<T | undefined> {
    if (!this.hasSucceeded && !this.leaving.aborted) return answer;
    answer.catch(() => {});
    return Promise.race([answer, this.leavingBegins]);
  }

  /**
   * Waits for the broker's answer, for as long as it may have been sent and cannot be read: Mosquitto may send a whole
   * backlog without regard to the window, and its answer comes behind that, of which reading takes in a window at a time.
   */
  private async answered<T>(wire: Wire, answer: Promise<T>, packet: string): Promise<T> {
    const { clientId, answerTimeout } = this.options;
    const timeout = new NoAnswerError(wire.address, clientId, packet, answerTimeout);
    for (;;) {
      const { pauses } = this.consumer;
      try {
        return await within(Promise.race([answer, this.connectionEnds]), answerTimeout, () => timeout);
      } catch (error) {
        const hasPaused = this.consumer.isPaused || this.consumer.pauses > pauses;
        if (error !== timeout || !wire.open || !hasPaused) throw error;
      }
    }
  }
}
