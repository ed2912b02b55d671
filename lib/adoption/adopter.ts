import type { Backoff } from '../backoff.js';
import { within } from '../deadline.js';
import { addSnapshots, type ConsumerSnapshot, countsOnly } from '../delivery/consumer-stats.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { PresenceRefusedError } from '../errors/presence-refused.error.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import type { EventBus } from '../observability/event-bus.js';
import { Link, type LinkOwner, type OpenLinkWire } from '../session/link.js';
import type { InboundPublish, Wire, WireClosed } from '../session/wire.js';
import { Adoption, type AdoptionOptions } from './adoption.js';
import { PresenceBoard } from './presence-board.js';
import { type Presence, presenceFilter, rollCallTopic } from './presence-message.js';

/** Milliseconds by which each further candidate for an adoption waits longer. */
const STEP = 2_000;

/** Milliseconds after a roll call in which others are answered with it. */
const ANSWER_TOGETHER = 200;

export interface AdopterOptions {
  /** Client Identifier of the connection on which presence is watched. */
  readonly clientId: string;
  /** Milliseconds for each answer of the broker. */
  readonly answerTimeout: number;
  readonly prefix: string;
  /** Of this worker's Client Identifiers. */
  readonly stem: string;
  /** Of this process. */
  readonly incarnation: string;
  /** Milliseconds for which a session must have been without a connection. */
  readonly after: number;
  /** This worker's sessions by Share Name and Client Identifier, and the subscriptions of each. */
  readonly own: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  readonly reconnect: Backoff;
  readonly events: EventBus;
  /** Opens the connection on which presence is watched. */
  readonly watch: OpenLinkWire;
  readonly adoption: (
    group: string,
    presence: Presence,
  ) => Pick<AdoptionOptions, 'open' | 'consumer' | 'protocolVersion' | 'profile'>;
  /** Says anew what one of the own sessions is. */
  readonly reassert: (clientId: string, presence: Presence) => void;
  /** Says anew that somebody is at the own sessions of a group. */
  readonly answer: (group: string) => void;
}

interface RunningAdoption {
  readonly group: string;
  readonly adoption: Adoption;
}

/** Watches the presence of all sessions of this worker's groups, and adopts those whose turn it is. */
export class Adopter implements LinkOwner {
  private readonly boards = new Map<string, PresenceBoard>();
  private readonly link: Link;
  /** By the Client Identifier of the session. */
  private readonly running = new Map<string, RunningAdoption>();
  /** Over, but for handlers that still run. */
  private readonly finishing = new Set<Adoption>();
  /** Counts of adoptions that are over, by group. */
  private readonly past = new Map<string, ConsumerSnapshot>();
  private stopped = false;
  private endWaits: () => void = () => {};
  private readonly waitsEnded = new Promise<void>((resolve) => (this.endWaits = resolve));
  private current: Wire | undefined;
  private received = 0;
  /** The connection on which all that is retained is known. */
  private watching!: Promise<Wire>;
  private startWatching: ((wire: Wire) => void) | undefined;
  private begun = false;
  /** By group. */
  private readonly answers = new Map<string, NodeJS.Timeout>();

  constructor(private readonly options: AdopterOptions) {
    const { prefix, stem, after, own, incarnation, reassert } = options;
    for (const [group, sessions] of own) {
      const board = new PresenceBoard({
        prefix,
        group,
        stem,
        incarnation,
        own: sessions,
        after,
        step: STEP,
        adopt: (presence) => void this.adopt(group, presence),
        overwritten: (presence) => reassert(presence.clientId, presence),
      });
      this.boards.set(group, board);
    }
    this.watchAnew();
    this.link = new Link(options.watch, this, options.reconnect);
  }

  /** Resolves when what is retained of every group is known. @throws PresenceRefusedError */
  start(): Promise<void> {
    return this.link.start();
  }

  /**
   * Begins to adopt. Not before all own subscriptions stand: with its session a dead worker may lose the last
   * subscription of its group, and what is published then is nobody's.
   */
  begin(): void {
    this.begun = true;
    if (this.startWatching === undefined && this.current !== undefined) this.callRoll(this.current);
  }

  /** A broker that crashed has not said who was gone by then; who answers is there. */
  private callRoll(wire: Wire): void {
    for (const [group, board] of this.boards) {
      const topic = rollCallTopic(this.options.prefix, group);
      // Without an answer to this, a broker has taken it or ends the connection.
      wire.publish({ topic, payload: this.options.incarnation, qos: 1, retain: false }, (error, reasonCode) => {
        if (error === undefined) return;
        this.refused(new PresenceRefusedError(wire.address, topic, 'publish to', reasonCode));
      });
      board.begin();
    }
  }

  /** What is retained of a session of a group. */
  presenceOf(group: string, clientId: string): Presence | undefined {
    return this.boards.get(group)?.presenceOf(clientId);
  }

  /**
   * What is retained of a session by now; `undefined` when there is nothing, and when it cannot be known. Whatever was
   * published before the call is considered.
   */
  async retained(group: string, clientId: string): Promise<Presence | undefined> {
    const { answerTimeout } = this.options;
    try {
      await within(
        Promise.race([this.watching.then((wire) => this.catchUp(wire)), this.waitsEnded]),
        answerTimeout,
        () => new Error('What is retained is not known in time.'),
      );
      return this.stopped ? undefined : this.presenceOf(group, clientId);
    } catch {
      return undefined;
    }
  }

  async connected(wire: Wire): Promise<void> {
    const { prefix, answerTimeout } = this.options;
    const filters = [...this.boards.keys()].map((group) => presenceFilter(prefix, group));
    await within(
      this.subscribe(wire, filters),
      answerTimeout,
      () => new NoAnswerError(wire.address, wire.clientId, 'SUBSCRIBE', answerTimeout),
    );
    this.startWatching?.(wire);
    this.startWatching = undefined;
    if (this.begun) this.callRoll(wire);
  }

  private async subscribe(wire: Wire, filters: readonly string[]): Promise<void> {
    const codes = await wire.subscribe(filters.map((filter) => ({ filter, qos: 1 })));
    filters.forEach((filter, i) => {
      const code = codes[i] ?? 0x80;
      if (code >= 0x80) throw new PresenceRefusedError(wire.address, filter, 'subscribe to', code);
    });
    await this.catchUp(wire);
  }

  /**
   * The broker's window may hold back messages behind PINGRESP; they come once those before are acknowledged. News that
   * never ends is not waited for.
   */
  private async catchUp(wire: Wire): Promise<void> {
    const deadline = Date.now() + this.options.answerTimeout;
    let seen: number;
    do {
      seen = this.received;
      await wire.ping();
    } while (seen !== this.received && Date.now() < deadline);
  }

  private watchAnew(): void {
    this.watching = new Promise((resolve) => {
      this.startWatching = resolve;
    });
  }

  publish({ topic, payload, packetId, qos }: InboundPublish): boolean {
    this.received++;
    const group = this.groupOf(topic);
    if (group !== undefined && !this.stopped) this.hear(group, topic, payload);
    if (qos !== 0) this.current?.acknowledge({ packetId, qos, reasonCode: 0 });
    return true;
  }

  private hear(group: string, topic: string, payload: Buffer): void {
    const board = this.boards.get(group);
    if (topic !== rollCallTopic(this.options.prefix, group)) board?.receive(topic, payload);
    else if (board !== undefined && !this.answers.has(group)) {
      const answer = setTimeout(() => this.answerRollCall(group), ANSWER_TOGETHER);
      this.answers.set(group, answer);
    }
  }

  private answerRollCall(group: string): void {
    this.answers.delete(group);
    this.options.answer(group);
    for (const running of this.running.values()) if (running.group === group) running.adoption.answer();
  }

  opened(wire: Wire): void {
    this.current = wire;
  }

  disconnected({ error }: WireClosed): void {
    this.current = undefined;
    // Whoever waits for it goes on waiting over tries that fail.
    if (this.startWatching === undefined) this.watchAnew();
    for (const board of this.boards.values()) board.reset();
    // The members tell of a broker that is away.
    if (error instanceof PresenceRefusedError) this.refused(error);
  }

  private refused(error: PresenceRefusedError): void {
    this.options.events.emit({ type: 'disconnected', connection: this.options.clientId, error, lived: undefined });
  }

  /** A Share Name has no `/`. */
  private groupOf(topic: string): string | undefined {
    return topic.slice(this.options.prefix.length + 1).split('/')[0];
  }

  private async adopt(group: string, presence: Presence): Promise<void> {
    const { options } = this;
    const session = presence.clientId;
    // A process that did not run for a while acts on its timers before it reads what was said meanwhile.
    const isKnown = (await this.retained(group, session)) !== undefined;
    if (this.stopped || this.running.has(session)) return;
    if (!isKnown || this.boards.get(group)?.isVacant(session) !== true) {
      this.boards.get(group)?.retry(presence);
      return;
    }
    const adoption = new Adoption({ ...options, ...options.adoption(group, presence), group, presence });
    this.running.set(session, { group, adoption });
    options.events.emit({ type: 'adopting', session, group });
    try {
      const outcome = await adoption.run();
      const { handled } = adoption.snapshot();
      options.events.emit({ type: 'adopted', session, group, outcome, handled });
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      options.events.emit({ type: 'adoption-failed', session, group, error: reason });
      adoption.destroy();
    } finally {
      this.running.delete(session);
      if (!this.stopped) this.boards.get(group)?.retry(presence);
      const counts = countsOnly(adoption.snapshot());
      const past = this.past.get(group);
      this.past.set(group, past === undefined ? counts : addSnapshots(past, counts));
      this.finishing.add(adoption);
      void adoption.whenNothingRuns().then(() => this.finishing.delete(adoption));
    }
  }

  /** Of the sessions that are being adopted, and of those that have been. */
  snapshots(): { group: string; snapshot: ConsumerSnapshot }[] {
    const running = [...this.running.values()].map(({ group, adoption }) => ({ group, snapshot: adoption.snapshot() }));
    return [...running, ...[...this.past].map(([group, snapshot]) => ({ group, snapshot }))];
  }

  /** Adopts nothing more; sessions that are being adopted are given back within `deadline` milliseconds. */
  async stop(deadline: number): Promise<void> {
    this.stopped = true;
    this.endWaits();
    for (const board of this.boards.values()) board.reset();
    for (const answer of this.answers.values()) clearTimeout(answer);
    const adoptions = [...[...this.running.values()].map(({ adoption }) => adoption), ...this.finishing];
    const timeout = new ShuttingDownError(deadline);
    await within(Promise.all(adoptions.map((adoption) => adoption.stop())), deadline, () => timeout).catch(() => {
      for (const adoption of adoptions) adoption.abort(timeout);
    });
    await this.link.stop();
  }
}
