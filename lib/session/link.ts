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
  /** A connection ended or did not come about; called synchronously, and the link tries again by itself. */
  disconnected(reason: WireClosed): void;
}

export type OpenLinkWire = (listener: WireListener) => Promise<Wire>;

export const DEFAULT_RECONNECT: Backoff = { initial: 200, factor: 2, max: 30_000, jitter: 0.5 };

/** A connection that lived this long (ms) was a good one: the waits begin from the shortest again. */
const STABLE_AFTER = 5_000;

type State = 'starting' | 'running' | 'stopped';

/**
 * Keeps one connection open: when it ends, another is opened, after a wait that grows from try to try.
 *
 * The first connection is not tried again: {@link start} rejects, so that a wrong password shows at once. It also rejects
 * when {@link stop} comes first.
 */
export class Link {
  private state: State = 'stopped';
  private current: Wire | undefined;
  private usable = false;
  private upSince = 0;
  private failures = 0;
  private recycling = false;
  private timer: NodeJS.Timeout | undefined;
  private lastClosed: WireClosed | undefined;
  /** Why the current connection is about to be ended by us. */
  private setupError: unknown;

  constructor(
    private readonly open: OpenLinkWire,
    private readonly owner: LinkOwner,
    private readonly backoff: Backoff = DEFAULT_RECONNECT,
  ) {}

  /** The connection that is up and usable. */
  get wire(): Wire | undefined {
    return this.usable ? this.current : undefined;
  }

  async start(): Promise<void> {
    this.state = 'starting';
    try {
      await this.setUp(await this.openWire());
      this.state = 'running';
    } catch (error) {
      this.state = 'stopped';
      throw error;
    }
  }

  private async openWire(): Promise<Wire> {
    // Filled in once it is open: it may end before this function goes on.
    const opened: { wire?: Wire; closed?: WireClosed } = {};
    const wire = await this.open({
      publish: (packet) => this.owner.publish?.(packet) ?? true,
      released: (packetId) => this.owner.released?.(packetId),
      closed: (reason) => {
        opened.closed = reason;
        this.closed(opened.wire, reason);
      },
    });
    opened.wire = wire;
    if (!wire.open) throw opened.closed?.error ?? new Error('The connection ended as soon as it was up.');
    if (this.state === 'stopped') {
      wire.destroy();
      throw stopped();
    }
    this.current = wire;
    this.owner.opened?.(wire);
    wire.resume();
    return wire;
  }

  private async setUp(wire: Wire): Promise<void> {
    try {
      await this.owner.connected(wire);
    } catch (error) {
      if (this.current !== wire) throw this.lastClosed?.error ?? error;
      this.setupError = error;
      wire.destroy();
      throw error;
    }
    if (this.current !== wire) throw this.lastClosed?.error ?? new Error('The connection ended.');
    if (this.state === 'stopped') throw stopped();
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
    if (this.state === 'running') this.lost(this.lastClosed);
  }

  private lost(reason: WireClosed): void {
    this.owner.disconnected(reason);
    if (this.state !== 'running') return;
    const wait = this.recycling ? 0 : backoffDelay(this.backoff, ++this.failures);
    this.recycling = false;
    this.timer = setTimeout(() => void this.reconnect(), wait);
  }

  private async reconnect(): Promise<void> {
    let wire: Wire;
    try {
      wire = await this.openWire();
    } catch (error) {
      if (this.state === 'running') this.lost({ error: error as Error });
      return;
    }
    // When it cannot be set up it is ended, and `closed` sees to the next.
    await this.setUp(wire).catch(() => {});
  }

  /** Ends the connection and opens the next at once, so that the server sends what is unacknowledged again. */
  async recycle(): Promise<void> {
    if (this.current === undefined) return;
    this.recycling = true;
    await this.current.disconnect();
  }

  /** Disconnects, and opens no further connection. */
  async stop(options?: { sessionExpiryInterval?: number }): Promise<void> {
    this.state = 'stopped';
    clearTimeout(this.timer);
    await this.current?.disconnect(options);
  }
}

function stopped(): Error {
  return new Error('The connection was stopped before it was ready.');
}
