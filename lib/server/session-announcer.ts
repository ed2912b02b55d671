import type { Presence } from '../adoption/presence-message.js';
import { publishPresence } from '../adoption/publish-presence.js';
import type { SessionPresence } from '../adoption/session-presence.js';
import type { Will, Wire } from '../session/wire.js';

/** What a member says of its session, and hears of it. */
export interface OwnPresence {
  readonly session: SessionPresence;
  /** What this worker has heard last. */
  readonly last: () => Presence | undefined;
  /** What is retained by now. */
  readonly retained: () => Promise<Presence | undefined>;
}

/** Tells the other workers what becomes of a member's session. Where sessions are not adopted nobody is told anything. */
export class SessionAnnouncer {
  private announcedOn: Wire | undefined;

  constructor(private readonly presence: OwnPresence | undefined) {}

  /** What the broker says of the session when its next connection ends. */
  nextWill(): Will | undefined {
    return this.presence?.session.nextWill();
  }

  /** Somebody is at this session. */
  async alive(wire: Wire): Promise<void> {
    if (this.presence === undefined) return;
    this.announcedOn = wire;
    await publishPresence(wire, this.presence.session.message('alive'));
  }

  /** Nobody is at this session any more. */
  async gone(wire: Wire): Promise<void> {
    this.announcedOn = undefined;
    if (this.presence !== undefined) {
      await publishPresence(wire, this.presence.session.message('gone'));
    }
  }

  /** There is no such session any more. */
  async cleared(wire: Wire): Promise<void> {
    this.announcedOn = undefined;
    if (this.presence !== undefined) await publishPresence(wire, this.presence.session.cleared);
  }

  /** Whether this connection was said to be at the session, and nothing else since. */
  isAnnouncedOn(wire: Wire | undefined): wire is Wire {
    return wire !== undefined && this.announcedOn === wire;
  }

  /** Somebody else's word stands on this session: the will of an old connection, or an adopter that came too late. */
  isOverwrittenBy(retained: Presence): boolean {
    return this.presence?.session.isCurrent(retained) === false;
  }

  /** On this connection the session is known to have its subscriptions. */
  isSubscribed(): void {
    this.presence?.session.isSubscribed();
  }

  /** An adopter has been at the session since it was subscribed, and unsubscribed. Assumed where it cannot be known. */
  async wasAdopted(): Promise<boolean> {
    if (this.presence === undefined) return false;
    return !this.presence.session.isUntouched(await this.presence.retained());
  }

  /** What the session was last said to be subscribed to. */
  get lastFilters(): readonly string[] {
    return this.presence?.last()?.filters ?? [];
  }
}
