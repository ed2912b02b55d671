import { finishBacklog } from '../adoption/finish-session.js';
import { replaceSession } from '../adoption/replace-session.js';
import { atMost, within } from '../deadline.js';
import type { BrokerProfile } from '../broker/profile.js';
import type { Consumer } from '../delivery/consumer.js';
import { NoAnswerError } from '../errors/no-answer.error.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import type { EventBus } from '../observability/event-bus.js';
import type { Link } from '../session/link.js';
import type { ProtocolVersion, Wire } from '../session/wire.js';
import { acknowledgementsRead } from './acknowledgements-read.js';
import type { OpenSession } from './connection-factory.js';
import type { SessionAnnouncer } from './session-announcer.js';

export interface DepartureOptions {
  readonly clientId: string;
  /** Share Name; `undefined` for plain subscriptions. */
  readonly group: string | undefined;
  /** Where the broker is now, as it may be shown. */
  readonly address: () => string;
  readonly filters: readonly string[];
  readonly protocolVersion: ProtocolVersion;
  readonly profile: BrokerProfile;
  /** Whether the session outlives its connections. */
  readonly persistent: boolean;
  readonly open: OpenSession;
  readonly events: EventBus;
}

/** Milliseconds that a departure which ran out of time still spends on UNSUBSCRIBE, or on the end of its session. */
const LEAVE_TIMEOUT = 500;

/**
 * `'finished'`: nothing of the session is left to do. `'handed over'`: what has not begun is for others, to whom the broker
 * gives it. `'unfinished'`: there was no time, or no connection.
 */
type Outcome = 'finished' | 'handed over' | 'unfinished';

/** How a member leaves its group: with nothing left to do if it can, and so that the broker has the rest if it cannot. */
export class Departure {
  private sessionEnded = false;

  constructor(
    private readonly options: DepartureOptions,
    private readonly link: Link,
    private readonly consumer: Consumer,
    private readonly announcer: SessionAnnouncer,
  ) {}

  /**
   * Stops taking messages, finishes those in hand and those that only this session has, and ends the session if that
   * leaves nothing. Where the broker itself gives others what is left, it goes there, and the session stays: with the
   * last one a group may lose what waits for it. Resolves by `drainTimeout` milliseconds in any case, with the number of
   * messages left to the broker.
   */
  async leave(drainTimeout: number): Promise<number> {
    const { clientId, group, protocolVersion, events } = this.options;
    const deadline = Date.now() + drainTimeout;
    const { running, waiting } = this.consumer.snapshot();
    events.emit({ type: 'draining', connection: clientId, group, running, waiting });
    this.consumer.tryWithin(drainTimeout);
    const outcome = await this.drain(drainTimeout);
    const over = outcome === 'finished' && this.consumer.snapshot().unsettled === 0;
    this.consumer.discardArrivals('for good');
    if (outcome === 'unfinished') await this.leaveGroup();
    const wire = this.link.connection;
    if (!over && wire !== undefined) {
      await acknowledgementsRead(wire, this.consumer, Math.max(LEAVE_TIMEOUT, deadline - Date.now()));
    }
    // On 3.1.1 the session outlives this connection, and is gone only with its presence.
    if (wire !== undefined) await this.farewell(wire, over && protocolVersion === 5);
    // DISCONNECT discards the will, and nothing has been said on a connection that came up meanwhile.
    if (this.link.connection !== wire) this.link.connection?.destroy();
    const left = this.consumer.snapshot().unsettled;
    await this.link.stop(over ? { sessionExpiryInterval: 0 } : undefined);
    this.consumer.detach();
    this.sessionEnded = over;
    if (over && protocolVersion === 4) await this.endSession(deadline - Date.now());
    events.emit({ type: 'drained', connection: clientId, group, left, handedOver: outcome === 'handed over' });
    return left;
  }

  private async drain(drainTimeout: number): Promise<Outcome> {
    const timeout = new ShuttingDownError(drainTimeout);
    const finishing = this.handsOver ? this.handOver() : this.finishEverything();
    const outcome = await within(finishing, drainTimeout, () => timeout).catch(() => 'unfinished' as const);
    if (outcome === 'unfinished') this.consumer.abort(timeout);
    return outcome;
  }

  /** What a plain subscription has was for this worker alone. */
  private get handsOver(): boolean {
    const { group, persistent, profile } = this.options;
    return group !== undefined && (persistent ? profile.handsOver.persistent : profile.handsOver.clean);
  }

  private async handOver(): Promise<Outcome> {
    await this.finishRunning();
    return 'handed over';
  }

  private async finishEverything(): Promise<Outcome> {
    // A connection that ends meanwhile is worth one more; a broker that ends each must not be asked for ever.
    const left = (await this.finishConnection()) ?? (await this.finishConnection());
    if (left === undefined) await this.finishRunning();
    return left === 'nothing' ? 'finished' : 'unfinished';
  }

  /** `undefined` when the connection ended before it was known what the session still has. */
  private async finishConnection(): Promise<'nothing' | 'something' | undefined> {
    await this.finishRunning();
    // A persistent session has to be ended on a connection, and may have gathered messages while there was none.
    const wire = this.options.persistent ? await this.link.reach() : this.link.wire;
    if (wire === undefined) return 'something';
    try {
      const unsubscribed = wire.unsubscribe(this.options.filters);
      // Reading may have paused on a full window, and then UNSUBACK comes only after messages have been handled.
      this.consumer.allowStarts();
      await finishBacklog(wire, this.consumer, unsubscribed, 0);
      // What such a session held comes late, and only while it is subscribed: whoever has it next subscribes.
      return wire.sessionPresent && this.options.profile.resumptionPause > 0 ? 'something' : 'nothing';
    } catch {
      return undefined;
    }
  }

  private async finishRunning(): Promise<void> {
    this.consumer.holdStarts();
    await this.consumer.whenNothingRuns();
  }

  /** A session that stays behind would go on receiving its share of the group's messages. */
  private async leaveGroup(): Promise<void> {
    const wire = this.handsOver ? undefined : this.link.connection;
    if (wire !== undefined) await atMost(wire.unsubscribe(this.options.filters), LEAVE_TIMEOUT);
  }

  /** Also where the connection has not been made usable: what it has said and subscribed to stands. */
  private farewell(wire: Wire, sessionEnds: boolean): Promise<void> {
    return atMost(sessionEnds ? this.announcer.cleared(wire) : this.announcer.gone(wire), LEAVE_TIMEOUT);
  }

  /** Ends the session, unless {@link leave} has, whatever is in it; within `milliseconds`. */
  async forget(milliseconds: number): Promise<void> {
    if (!this.sessionEnded) await this.endSession(milliseconds);
  }

  /**
   * A clean session takes the place of this one and ends with its connection. For 3.1.1, where DISCONNECT cannot end a
   * session, and for a session whose connection is gone.
   */
  private async endSession(milliseconds: number): Promise<void> {
    const { persistent, address, clientId, open, events } = this.options;
    if (!persistent) return;
    const patience = Math.max(LEAVE_TIMEOUT, milliseconds);
    const opening = new AbortController();
    try {
      const wire = await within(
        replaceSession(open, opening.signal),
        patience,
        () => new NoAnswerError(address(), clientId, 'CONNECT', patience),
      );
      await atMost(this.announcer.cleared(wire), LEAVE_TIMEOUT);
      await wire.disconnect();
    } catch (error) {
      opening.abort();
      events.emit({ type: 'disconnected', connection: clientId, error: asError(error), lived: undefined });
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
