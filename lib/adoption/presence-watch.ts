import type { Backoff } from '../backoff.js';
import { within } from '../deadline.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { PresenceRefusedError } from '../errors/presence-refused.error.js';
import type { EventBus } from '../observability/event-bus.js';
import { mayBeRefusal } from '../session/may-be-refusal.js';
import { Link, type LinkOwner } from '../session/link.js';
import type { InboundPublish, Will, Wire, WireClosed, WireListener } from '../session/wire.js';
import { obituaryTopic, presenceFilter, rollCallTopic } from './presence-message.js';

export interface PresenceWatchOptions {
  /** Client Identifier of the connection. */
  readonly clientId: string;
  /** Milliseconds for each answer of the broker. */
  readonly answerTimeout: number;
  /** First levels of presence topics. */
  readonly prefix: string;
  /** Of this process. */
  readonly incarnation: string;
  /** Share Names. */
  readonly groups: readonly string[];
  readonly reconnect: Backoff;
  readonly events: EventBus;
  /** Opens the connection. */
  readonly watch: (listener: WireListener, signal: AbortSignal, will: Will | undefined) => Promise<Wire>;
  /** The wills of sessions are not to be relied on, so this connection's says that its process may be gone. */
  readonly writesObituary: boolean;
}

export interface PresenceListener {
  /** What is retained, or published from now on. */
  heard(group: string, topic: string, payload: Buffer): void;
  /** The connection has ended on which the process of this incarnation watches. */
  mayBeGone(incarnation: string): void;
  /** All that is retained has been heard. */
  watching(): void;
  /** Nothing is heard any more until all that is retained comes again. */
  lost(): void;
}

/** The connection on which a worker hears what is said of the sessions of its groups. */
export class PresenceWatch implements LinkOwner {
  private readonly link: Link;
  private current: Wire | undefined;
  private everOpened = false;
  private received = 0;
  /** The connection on which all that is retained is known. */
  private watching!: Promise<Wire>;
  private startWatching: ((wire: Wire) => void) | undefined;
  private endWaits: () => void = () => {};
  private readonly waitsEnded = new Promise<void>((resolve) => (this.endWaits = resolve));

  constructor(
    private readonly options: PresenceWatchOptions,
    private readonly listener: PresenceListener,
  ) {
    this.watchAnew();
    const { prefix, incarnation, writesObituary, watch, reconnect } = options;
    const obituary = { topic: obituaryTopic(prefix), payload: incarnation, qos: 1, retain: false } as const;
    const will = writesObituary ? obituary : undefined;
    this.link = new Link((listener, signal) => watch(listener, signal, will), this, reconnect);
  }

  /** Resolves when what is retained of every group has been heard. @throws PresenceRefusedError, ConnectionLostError */
  async start(): Promise<void> {
    try {
      await this.link.start();
    } catch (error) {
      if (!this.everOpened || !mayBeRefusal(error)) throw error;
      const { prefix, groups } = this.options;
      const filters = groups.map((group) => presenceFilter(prefix, group)).join('", "');
      throw new PresenceRefusedError(error.address, filters, 'subscribe to', error.reasonCode, error);
    }
  }

  get isWatching(): boolean {
    return this.startWatching === undefined && this.current !== undefined;
  }

  /** Asks who is at the sessions of the groups. */
  callRoll(): void {
    const wire = this.current;
    for (const group of this.options.groups) {
      const topic = rollCallTopic(this.options.prefix, group);
      // Without an answer to this, a broker has taken it or ends the connection.
      wire?.publish({ topic, payload: this.options.incarnation, qos: 1, retain: false }, (error, reasonCode) => {
        if (error === undefined) return;
        this.refused(new PresenceRefusedError(wire.address, topic, 'publish to', reasonCode));
      });
    }
  }

  /**
   * Resolves when whatever was published before the call has been heard, or when nobody waits any more; rejects when that
   * takes too long.
   */
  async caughtUp(): Promise<void> {
    await within(
      Promise.race([this.watching.then((wire) => this.catchUp(wire)), this.waitsEnded]),
      this.options.answerTimeout,
      () => new Error('What is retained is not known in time.'),
    );
  }

  async connected(wire: Wire): Promise<void> {
    const { prefix, groups, answerTimeout, writesObituary } = this.options;
    const filters = groups.map((group) => presenceFilter(prefix, group));
    if (writesObituary) filters.push(obituaryTopic(prefix));
    await within(
      this.subscribe(wire, filters),
      answerTimeout,
      () => new NoAnswerError(wire.address, wire.clientId, 'SUBSCRIBE', answerTimeout),
    );
    this.startWatching?.(wire);
    this.startWatching = undefined;
    this.listener.watching();
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

  opened(wire: Wire): void {
    this.everOpened = true;
    this.current = wire;
  }

  publish({ topic, payload, packetId, qos }: InboundPublish): boolean {
    this.received++;
    const group = this.groupOf(topic);
    if (topic === obituaryTopic(this.options.prefix)) this.listener.mayBeGone(payload.toString());
    else if (group !== undefined) this.listener.heard(group, topic, payload);
    if (qos !== 0) this.current?.acknowledge({ packetId, qos, reasonCode: 0 });
    return true;
  }

  /** A Share Name has no `/`. */
  private groupOf(topic: string): string | undefined {
    return topic.slice(this.options.prefix.length + 1).split('/')[0];
  }

  disconnected({ error }: WireClosed): void {
    this.current = undefined;
    // Whoever waits for it goes on waiting over tries that fail.
    if (this.startWatching === undefined) this.watchAnew();
    this.listener.lost();
    // The members tell of a broker that is away.
    if (error instanceof PresenceRefusedError) this.refused(error);
  }

  private refused(error: PresenceRefusedError): void {
    this.options.events.emit({ type: 'disconnected', connection: this.options.clientId, error, lived: undefined });
  }

  /** Nobody waits any more for what is retained. */
  waitNoMore(): void {
    this.endWaits();
  }

  stop(): Promise<void> {
    return this.link.stop();
  }
}
