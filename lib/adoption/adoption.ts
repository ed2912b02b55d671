import type { BrokerProfile } from '../broker/profile.js';
import type { Consumer, ConsumerPort } from '../delivery/consumer.js';
import type { ConsumerSnapshot } from '../delivery/consumer-stats.js';
import { within } from '../deadline.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import type { OutboundPublish, ProtocolVersion, Wire, WireListener, Will } from '../session/wire.js';
import { finishBacklog } from './finish-session.js';
import type { Presence } from './presence-message.js';
import { publishPresence } from './publish-presence.js';
import { replaceSession } from './replace-session.js';
import { SessionPresence } from './session-presence.js';

export interface AdoptionOptions {
  readonly presence: Presence;
  /** Milliseconds for each answer of the broker when nothing comes before it. */
  readonly answerTimeout: number;
  readonly prefix: string;
  readonly group: string;
  /** Of this process. */
  readonly incarnation: string;
  readonly protocolVersion: ProtocolVersion;
  readonly profile: BrokerProfile;
  readonly open: (
    listener: WireListener,
    signal: AbortSignal,
    options: { clean: boolean; will?: Will },
  ) => Promise<Wire>;
  readonly consumer: (port: ConsumerPort) => Consumer;
  /** Asks for the session's filters. */
  readonly subscribe: (wire: Wire) => Promise<unknown>;
}

/** How an adoption ended: the session is no more; it still holds what failed; or somebody else has it now. */
export type AdoptionOutcome = 'ended' | 'left' | 'taken-over';

/**
 * Takes the place of a worker that is gone: connects with its Client Identifier, unsubscribes and handles what its session
 * holds, or the other way round where the broker wants that, ends the session and removes its presence.
 *
 * Each step can be the last one: until the end the session and its presence are there, and the will of this connection
 * says `gone` again. If the owner comes back the broker ends this connection, and what has not been acknowledged is the
 * owner's.
 */
export class Adoption {
  private readonly consumer: Consumer;
  private readonly session: SessionPresence;
  private readonly stopping = new AbortController();
  private wire: Wire | undefined;
  private over: () => void = () => {};
  private givingBack = false;
  private leaving: Promise<void> | undefined;

  constructor(private readonly options: AdoptionOptions) {
    const { prefix, group, incarnation, presence } = options;
    const { clientId, filters } = presence;
    this.session = new SessionPresence({ prefix, group, incarnation, clientId, filters });
    this.consumer = options.consumer({
      acknowledge: (acknowledgement) => this.wire?.acknowledge(acknowledgement),
      resume: () => this.wire?.resume(),
      // What is held when all else is done is left for another try.
      held: () => {},
    });
  }

  snapshot(): ConsumerSnapshot {
    return this.consumer.snapshot();
  }

  /** @throws when no connection comes about, or the presence topic is forbidden */
  async run(): Promise<AdoptionOutcome> {
    if (this.options.profile.handsOver.persistent) {
      // The session has nothing that others do not get.
      await this.replaceSession();
      return 'ended';
    }
    return this.adopt();
  }

  private async adopt(): Promise<AdoptionOutcome> {
    const lost = new Promise<AdoptionOutcome>((resolve) => {
      this.over = () => resolve(this.outcomeOfLoss);
    });
    const wire = await this.options.open(
      {
        publish: (packet) => this.consumer.receive(packet),
        released: (packetId) => this.consumer.released(packetId),
        closed: () => this.closed(),
      },
      this.stopping.signal,
      { clean: false, will: this.session.nextWill() },
    );
    // It was stopped in the turn in which CONNACK came.
    if (this.stopping.signal.aborted) {
      wire.destroy();
      return this.outcomeOfLoss;
    }
    this.wire = wire;
    this.consumer.attach(wire.sessionPresent);
    const outcome = await Promise.race([this.finish(wire), lost]);
    if (wire.open) await this.leave(wire, outcome);
    return outcome;
  }

  private get outcomeOfLoss(): AdoptionOutcome {
    return this.givingBack ? 'left' : 'taken-over';
  }

  private closed(): void {
    this.wire = undefined;
    this.consumer.detach();
    // What failed is somebody else's to try again.
    this.consumer.tryNoMore();
    this.over();
  }

  private async finish(wire: Wire): Promise<AdoptionOutcome> {
    try {
      // The broker's answers come behind what the session holds. By `adopting` its owner knows that the subscriptions
      // are gone, so it comes first.
      wire.resume();
      const announced = publishPresence(wire, this.session.message('adopting'));
      const pause = this.resumptionPause;
      if (pause > 0) {
        const subscribed = Promise.all([announced, this.options.subscribe(wire)]);
        await finishBacklog(wire, this.consumer, subscribed, pause);
      }
      await finishBacklog(wire, this.consumer, Promise.all([announced, this.unsubscribe(wire)]), 0);
    } catch (error) {
      if (wire.open && !this.givingBack) throw error;
      return this.outcomeOfLoss;
    }
    return this.consumer.snapshot().unsettled === 0 ? 'ended' : 'left';
  }

  /**
   * A broker that sends what a session held by and by sends it only while the session is subscribed. So this member takes
   * its share of the group's messages, too, until nothing has come for so long.
   */
  private get resumptionPause(): number {
    return this.options.profile.resumptionPause;
  }

  private unsubscribe(wire: Wire): Promise<unknown> {
    return wire.unsubscribe(this.options.presence.filters);
  }

  whenNothingRuns(): Promise<void> {
    return this.consumer.whenNothingRuns();
  }

  /** Says anew that somebody is at the session. */
  answer(): void {
    const { wire, leaving } = this;
    if (wire === undefined || leaving !== undefined) return;
    // Without an answer the connection has ended or will, and its will speaks.
    publishPresence(wire, this.session.message('adopting')).catch(() => wire.destroy());
  }

  private leave(wire: Wire, outcome: AdoptionOutcome): Promise<void> {
    this.leaving ??= this.disconnect(wire, outcome);
    return this.leaving;
  }

  private async disconnect(wire: Wire, outcome: AdoptionOutcome): Promise<void> {
    this.consumer.discardArrivals('for good');
    this.consumer.leaveUnsettled();
    if (outcome !== 'ended') {
      // Nobody waits for the answer: the next packets come behind it.
      if (this.resumptionPause > 0) this.unsubscribe(wire).catch(() => {});
      await this.say(wire, this.session.message('gone'));
      await wire.disconnect();
    } else if (this.options.protocolVersion === 5) {
      await this.say(wire, this.session.cleared);
      await wire.disconnect({ sessionExpiryInterval: 0 });
    } else {
      await this.replaceSession();
    }
  }

  private say(wire: Wire, message: OutboundPublish): Promise<void> {
    const { answerTimeout } = this.options;
    return within(
      publishPresence(wire, message),
      answerTimeout,
      () => new NoAnswerError(wire.address, wire.clientId, 'PUBLISH', answerTimeout),
    );
  }

  /**
   * A clean session takes the place of this one, and ends with its connection. For 3.1.1, where DISCONNECT cannot end a
   * session: that the will of this connection then says `gone` is for the case that this is the last that is heard of it.
   */
  private async replaceSession(): Promise<void> {
    const { signal } = this.stopping;
    const wire = await replaceSession(this.options.open, signal);
    if (signal.aborted) wire.destroy();
    else signal.addEventListener('abort', () => wire.destroy());
    const ending = this.clear(wire);
    this.leaving ??= ending;
    await ending;
  }

  private async clear(wire: Wire): Promise<void> {
    try {
      await this.say(wire, this.session.cleared);
    } finally {
      await wire.disconnect();
    }
  }

  /** Lets what runs finish, for as long as the caller waits, and gives the session back as `gone`. */
  async stop(): Promise<void> {
    this.givingBack = true;
    this.consumer.holdStarts();
    this.consumer.tryNoMore();
    await this.consumer.whenNothingRuns();
    const { wire, leaving } = this;
    if (wire !== undefined) await this.leave(wire, 'left').catch(() => wire.destroy());
    else if (leaving !== undefined) await leaving.catch(() => {});
    else this.stopping.abort();
  }

  /** Ends the connection, and what has no end by itself. */
  abort(reason: Error): void {
    this.consumer.abort(reason);
    this.destroy();
  }

  destroy(): void {
    this.stopping.abort();
    this.wire?.destroy();
  }
}
