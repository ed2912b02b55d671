import type { Consumer, ConsumerPort } from '../delivery/consumer.js';
import type { ConsumerSnapshot } from '../delivery/consumer-stats.js';
import { within } from '../deadline.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import type { OutboundPublish, ProtocolVersion, Wire, WireListener, Will } from '../session/wire.js';
import { finishBacklog } from './finish-session.js';
import type { Presence } from './presence-message.js';
import { publishPresence } from './publish-presence.js';
import { SessionPresence } from './session-presence.js';

export interface AdoptionOptions {
  readonly presence: Presence;
  /** Where the broker is, as it may be shown. */
  readonly address: string;
  /** Milliseconds for each answer of the broker when nothing comes before it. */
  readonly answerTimeout: number;
  readonly prefix: string;
  readonly group: string;
  /** Of this process. */
  readonly incarnation: string;
  readonly protocolVersion: ProtocolVersion;
  readonly open: (
    listener: WireListener,
    signal: AbortSignal,
    options: { clean: boolean; will?: Will },
  ) => Promise<Wire>;
  readonly consumer: (port: ConsumerPort) => Consumer;
}

/** How an adoption ended: the session is no more; it still holds what failed; or somebody else has it now. */
export type AdoptionOutcome = 'ended' | 'left' | 'taken-over';

/**
 * Takes the place of a worker that is gone: connects with its Client Identifier, unsubscribes, handles what its session
 * holds, ends the session and removes its presence.
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
    const lost = new Promise<'taken-over'>((resolve) => {
      this.over = () => resolve('taken-over');
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
    this.wire = wire;
    this.consumer.attach(wire.sessionPresent);
    const outcome = await Promise.race([this.finish(wire), lost]);
    if (wire.open) await this.leave(wire, outcome);
    return outcome;
  }

  private closed(): void {
    this.wire = undefined;
    this.consumer.detach();
    this.over();
  }

  private async finish(wire: Wire): Promise<AdoptionOutcome> {
    try {
      // The broker's answers come behind what the session holds.
      wire.resume();
      const announced = Promise.all([
        wire.unsubscribe(this.options.presence.filters),
        publishPresence(wire, this.session.message('adopting'), this.options.address),
      ]);
      await finishBacklog(wire, this.consumer, announced);
    } catch (error) {
      if (wire.open) throw error;
      return 'taken-over';
    }
    return this.consumer.snapshot().unsettled === 0 ? 'ended' : 'left';
  }

  private async leave(wire: Wire, outcome: AdoptionOutcome): Promise<void> {
    this.consumer.discardArrivals();
    if (outcome !== 'ended') {
      await this.say(wire, this.session.message('gone'));
      await wire.disconnect();
      return;
    }
    await this.say(wire, this.session.cleared);
    await wire.disconnect({ sessionExpiryInterval: 0 });
    if (this.options.protocolVersion === 4) await this.endSession();
  }

  private say(wire: Wire, message: OutboundPublish): Promise<void> {
    const { address, answerTimeout } = this.options;
    return within(
      publishPresence(wire, message, address),
      answerTimeout,
      () => new NoAnswerError(address, wire.clientId, 'PUBLISH', answerTimeout),
    );
  }

  /** On 3.1.1 DISCONNECT cannot end a session; a clean one takes its place and ends with its connection. */
  private async endSession(): Promise<void> {
    const listener = { publish: () => true, released: () => {}, closed: () => {} };
    const wire = await this.options.open(listener, this.stopping.signal, { clean: true });
    await wire.disconnect();
  }

  /** Lets what runs finish, for as long as the caller waits, and gives the session back as `gone`. */
  async stop(): Promise<void> {
    this.consumer.holdStarts();
    await this.consumer.whenNothingRuns();
    const { wire } = this;
    if (wire === undefined) {
      this.stopping.abort();
      return;
    }
    await this.leave(wire, 'left').catch(() => wire.destroy());
  }

  destroy(): void {
    this.stopping.abort();
    this.wire?.destroy();
  }
}
