import { type Backoff, backoffDelay } from '../backoff.js';
import type { InboundPublish, Wire, WireClosed, WireListener } from './wire.js';

/** What a {@link Link} works for. */
export interface LinkOwner {
  /** A connection is up. Called before its first PUBLISH; what comes next is up to {@link connected}. */
  opened?(wire: Wire): void;
  /**
   * Make the connection usable (subscribe); reading has begun. When it rejects, the connection is ended and counts as
   * failed.
   */
  connected(wire: Wire): Promise<void>;
  /** Answers as {@link WireListener.publish}. */
  publish?(packet: InboundPublish): boolean;
  released?(packetId: number): void;
  /** A connection that was {@link opened} has ended; called synchronously. */
  ended?(): void;
  /** A connection ended or did not come about; called synchronously, and the link tries again by itself. */
  disconnected(reason: WireClosed): void;
}

/** Opens a connection, unless `signal` is aborted before it is up: then it rejects, and nothing is left open. */
export type OpenLinkWire = (listener: WireListener, signal: AbortSignal) => Promise<Wire>;

export const DEFAULT_RECONNECT: Backoff = { initial: 200, factor: 2, max: 30_000, jitter: 0.5 };

/** A connection that lived this long (ms) was a good one: the waits begin from the shortest again. */
const STABLE_AFTER = 5_000;

type State = 'starting' | 'running' | 'failed' | 'stopped';

/** A connection that is up, and a promise of its end. */
interface Opened {
  readonly wire: Wire;
  readonly ended: Promise<void>;
}

/**
 * Keeps one connection open: when it ends, another is opened, after a wait that grows from try to try.
 *
 * The first connection is not tried again: {@link start} rejects, so that a wrong password shows at once. It also rejects
 * when {@link stop} comes first.
 */
export class Link {
  private state: State = 'stopped';
  private current: Wire | undefined;
  /** Resolves with the end of the current connection, or that of the last. */
  private currentEnds: Promise<void> = Promise.resolve();
  private usable = false;
  private upSince = 0;
  private failures = 0;
  private recycling = false;
  private recycled: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** The opening of a connection after the first; whether there was one to be made usable. */
  private attempt: Promise<boolean> | undefined;
  private lastClosed: WireClosed | undefined;
  /** Why the current connection is about to be ended by us. */
  private setupError: unknown;
  private readonly stopping = new AbortController();

  constructor(
    private readonly open: OpenLinkWire,
    private readonly owner: LinkOwner,
    private readonly backoff: Backoff = DEFAULT_RECONNECT,
  ) {}

  /** The connection that is up, whether or not it has been made usable. */
  get connection(): Wire | undefined {
    return this.current;
  }

  /** The connection that is up and usable. */
  get wire(): Wire | undefined {
    return this.usable ? this.current : undefined;
  }

  async start(): Promise<void> {
    this.state = 'starting';
    try {
      await this.setUp(await this.openWire());
      this.requireNotStopped();
      this.state = 'running';
    } catch (error) {
      this.state = this.stopping.signal.aborted ? 'stopped' : 'failed';
      throw error;
    }
  }

  private async openWire(): Promise<Opened> {
    // Filled in once it is open: it may end before this function goes on.
    const opened: { wire?: Wire; closed?: WireClosed } = {};
    let end: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const listener: WireListener = {
      publish: (packet) => this.owner.publish?.(packet) ?? true,
      released: (packetId) => this.owner.released?.(packetId),
      closed: (reason) => {
        opened.closed = reason;
        this.closed(opened.wire, reason);
        end();
      },
    };
    const wire = await this.open(listener, this.stopping.signal).catch((error: unknown) => {
      this.requireNotStopped();
      throw error;
    });
    opened.wire = wire;
    if (!wire.open) throw opened.closed?.error ?? new Error('The connection ended as soon as it was up.');
    if (this.stopping.signal.aborted) wire.destroy();
    this.requireNotStopped();
    this.current = wire;
    this.currentEnds = ended;
    this.owner.opened?.(wire);
    wire.resume();
    return { wire, ended };
  }

  private async setUp({ wire, ended }: Opened): Promise<void> {
    try {
      // Not every answer that the owner waits for is known to be missing when the connection has ended.
      await Promise.race([this.owner.connected(wire), ended]);
    } catch (error) {
      this.requireNotStopped();
      if (this.current !== wire) throw this.lastClosed?.error ?? error;
      this.setupError = error;
      wire.destroy();
      await ended;
      throw error;
    }
    if (this.current !== wire) throw this.lastClosed?.error ?? new Error('The connection ended.');
    this.requireNotStopped();
    this.usable = true;
    this.upSince = Date.now();
  }

  private closed(wire: Wire | undefined, reason: WireClosed): void {
    if (wire === undefined || this.current !== wire) return;
    const error = this.setupError instanceof Error ? this.setupError : reason.error;
    if (this.usable && Date.now() - this.upSince > STABLE_AFTER) this.failures = 0;
    this.current = undefined;
    this.usable = false;
    this.setupError = undefined;
    this.lastClosed = { ...reason, error };
    this.owner.ended?.();
    if (this.state === 'running') this.lost(this.lastClosed);
  }

  private lost(reason: WireClosed): void {
    this.owner.disconnected(reason);
    if (this.state !== 'running') return;
    const wait = this.recycling ? 0 : backoffDelay(this.backoff, ++this.failures);
    this.recycling = false;
    this.timer = setTimeout(() => void this.tryAgain(), wait);
  }

  private async tryAgain(): Promise<void> {
    clearTimeout(this.timer);
    const attempt = this.reconnect();
    this.attempt = attempt;
    await attempt;
    if (this.attempt === attempt) this.attempt = undefined;
  }

  private async reconnect(): Promise<boolean> {
    let opened: Opened;
    try {
      opened = await this.openWire();
    } catch (error) {
      if (this.state === 'running') this.lost({ error: error as Error });
      return false;
    }
    // When it cannot be set up it is ended, and `closed` sees to the next.
    await this.setUp(opened).catch(() => {});
    return true;
  }

  /**
   * The connection that is up and usable, after one attempt that does not wait for its time where there is none; also
   * after a {@link start} that failed, for what has to be undone. `undefined` when the server cannot be reached, or when its connection cannot be made usable.
   */
  async reach(): Promise<Wire | undefined> {
    await this.recycled;
    if (this.attempt !== undefined && !(await this.attempt)) return undefined;
    const mayTry = this.state === 'running' || this.state === 'failed';
    if (this.current === undefined && mayTry) await this.tryAgain();
    return this.wire;
  }

  /**
   * Ends the connection, when `ready` has resolved, and opens the next at once, so that the server sends what is
   * unacknowledged again. If it ends by itself before, nothing that `ready` waits for will come.
   */
  async recycle(ready: (wire: Wire) => Promise<void> = () => Promise.resolve()): Promise<void> {
    const wire = this.current;
    if (wire === undefined) return;
    this.recycling = true;
    const isReady = Promise.race([ready(wire), this.currentEnds]);
    this.recycled = isReady.then(() => (wire === this.current ? wire.disconnect() : undefined));
    await this.recycled;
  }

  /** Disconnects, ends the opening of a connection where there is one, and opens no further connection, ever. */
  async stop(options?: { sessionExpiryInterval?: number }): Promise<void> {
    this.state = 'stopped';
    clearTimeout(this.timer);
    this.stopping.abort();
    await this.current?.disconnect(options);
  }

  private requireNotStopped(): void {
    if (this.stopping.signal.aborted) throw new Error('The connection was stopped before it was ready.');
  }
}
