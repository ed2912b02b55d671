import { within } from '../deadline.js';
import { addSnapshots, type ConsumerSnapshot, countsOnly } from '../delivery/consumer-stats.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import { Adoption, type AdoptionOptions } from './adoption.js';
import { PresenceBoard } from './presence-board.js';
import { type Presence, rollCallTopic } from './presence-message.js';
import { type PresenceListener, PresenceWatch, type PresenceWatchOptions } from './presence-watch.js';
import { RollCallAnswers } from './roll-call-answers.js';

/** Milliseconds by which each further candidate for an adoption waits longer. */
const STEP = 2_000;

export interface AdopterOptions extends Omit<PresenceWatchOptions, 'groups'> {
  /** Of this worker's Client Identifiers. */
  readonly stem: string;
  /** Milliseconds for which a session must have been without a connection. */
  readonly after: number;
  /** This worker's sessions by Share Name and Client Identifier, and the subscriptions of each. */
  readonly own: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  readonly adoption: (
    group: string,
    presence: Presence,
  ) => Pick<AdoptionOptions, 'open' | 'consumer' | 'subscribe' | 'protocolVersion' | 'profile'>;
  /** Whether connections of this worker that are up have all of these filters of the group. */
  readonly serves: (group: string, filters: readonly string[]) => boolean;
  /** Says anew what one of the own sessions is. */
  readonly reassert: (clientId: string, presence: Presence) => void;
  /** Says anew that somebody is at the own sessions of a group. */
  readonly answer: (group: string) => void;
}

interface RunningAdoption {
  /** Client Identifier. */
  readonly session: string;
  readonly group: string;
  readonly adoption: Adoption;
}

/** Watches the presence of all sessions of this worker's groups, and adopts those whose turn it is. */
export class Adopter implements PresenceListener {
  private readonly boards = new Map<string, PresenceBoard>();
  private readonly watch: PresenceWatch;
  /** By the Client Identifier of the session. */
  private readonly running = new Map<string, RunningAdoption>();
  /** Over, but for handlers that still run. */
  private readonly finishing = new Set<RunningAdoption>();
  /** Counts of adoptions that are over, by group. */
  private readonly past = new Map<string, ConsumerSnapshot>();
  private stopped = false;
  private begun = false;
  private readonly answers = new RollCallAnswers((group) => this.answerRollCall(group));

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
    this.watch = new PresenceWatch({ ...options, groups: [...own.keys()] }, this);
  }

  /** Resolves when what is retained of every group is known. @throws PresenceRefusedError */
  start(): Promise<void> {
    return this.watch.start();
  }

  /** Begins to adopt. */
  begin(): void {
    this.begun = true;
    if (this.watch.isWatching && !this.stopped) this.callRoll();
  }

  /** A broker that crashed has not said who was gone by then; who answers is there. */
  private callRoll(): void {
    this.watch.callRoll();
    for (const board of this.boards.values()) board.begin();
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
    try {
      await this.watch.caughtUp();
      return this.stopped ? undefined : this.presenceOf(group, clientId);
    } catch {
      return undefined;
    }
  }

  // --- the watch's calls ----------------------------------------------------------------------------------------

  watching(): void {
    // The will of the connection before this one may just have said that this process is gone.
    if (this.stopped) this.answerAll();
    else if (this.begun) this.callRoll();
  }

  lost(): void {
    for (const board of this.boards.values()) board.reset();
    // Others have read that this process may be gone, and its members may be connected.
    if (this.options.writesObituary) this.answerAll();
  }

  heard(group: string, topic: string, payload: Buffer): void {
    const board = this.boards.get(group);
    if (topic !== rollCallTopic(this.options.prefix, group)) board?.receive(topic, payload);
    else if (board !== undefined) this.answers.soon(group);
  }

  mayBeGone(incarnation: string): void {
    if (incarnation === this.options.incarnation) this.answerAll();
    else for (const board of this.boards.values()) board.doubt(incarnation);
  }

  private answerAll(): void {
    for (const group of this.boards.keys()) this.answers.soon(group);
  }

  private answerRollCall(group: string): void {
    this.options.answer(group);
    for (const running of this.running.values()) if (running.group === group) running.adoption.answer();
  }

  // --- adoptions ------------------------------------------------------------------------------------------------

  private async adopt(group: string, presence: Presence): Promise<void> {
    const { options } = this;
    const session = presence.clientId;
    // A process that did not run for a while acts on its timers before it reads what was said meanwhile.
    const isKnown = (await this.retained(group, session)) !== undefined;
    if (this.stopped || this.running.has(session)) return;
    // With its session a dead worker may lose the last subscription of its group, and with that, on Artemis, all that
    // waits for the group: there a subscription counts only while its client is connected.
    const isCovered = options.serves(group, presence.filters);
    if (!isKnown || !isCovered || this.boards.get(group)?.isVacant(session) !== true) {
      this.boards.get(group)?.retry(presence);
      return;
    }
    const adoption = new Adoption({ ...options, ...options.adoption(group, presence), group, presence });
    const running = { session, group, adoption };
    this.running.set(session, running);
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
      this.finishing.add(running);
      void adoption.whenNothingRuns().then(() => this.finishing.delete(running));
    }
  }

  /** Of the sessions that are being adopted, and of those that have been. */
  snapshots(): { group: string; snapshot: ConsumerSnapshot }[] {
    const running = [...this.running.values()].map(({ group, adoption }) => ({ group, snapshot: adoption.snapshot() }));
    return [...running, ...[...this.past].map(([group, snapshot]) => ({ group, snapshot }))];
  }

  /**
   * Adopts nothing more; sessions that are being adopted are given back within `deadline` milliseconds. Until `left`, when
   * this worker's own sessions are over, whoever asks is told that it is there: else they would be adopted meanwhile.
   */
  async stop(deadline: number, left: Promise<unknown> = Promise.resolve()): Promise<void> {
    this.stopped = true;
    this.watch.waitNoMore();
    for (const board of this.boards.values()) board.reset();
    const atHand = [...this.running.values(), ...this.finishing];
    for (const running of atHand) this.tellOf(running);
    const adoptions = atHand.map(({ adoption }) => adoption);
    const timeout = new ShuttingDownError(deadline);
    await within(Promise.all(adoptions.map((adoption) => adoption.stop())), deadline, () => timeout).catch(() => {
      for (const adoption of adoptions) adoption.abort(timeout);
    });
    await left.catch(() => {});
    await this.watch.stop();
    this.answers.cancel();
  }

  /** What has not begun is not waited for, but given back. */
  private tellOf({ session, group, adoption }: RunningAdoption): void {
    const { running } = adoption.snapshot();
    if (running === 0) return;
    this.options.events.emit({ type: 'draining', connection: session, group, running, waiting: 0 });
  }
}
