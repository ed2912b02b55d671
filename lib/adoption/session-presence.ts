import type { OutboundPublish, Will } from '../session/wire.js';
import { encodePresence, type Presence, type PresenceState, presenceTopic } from './presence-message.js';

export interface SessionPresenceOptions {
  readonly prefix: string;
  readonly group: string;
  readonly clientId: string;
  readonly incarnation: string;
  readonly filters: readonly string[];
}

/** Bytes of a will (section 3.1.3.3), less what the number of the connection grows by. */
const LONGEST_WILL = 65_535 - 16;

/** What one process says of one session. */
export class SessionPresence {
  private connection = 0;
  private subscribedOn: number | undefined;

  constructor(private readonly options: SessionPresenceOptions) {}

  /** The will of the next connection. */
  nextWill(): Will {
    this.connection++;
    return { ...this.message('gone'), qos: 1 };
  }

  /** A will cannot tell of more filters than this. */
  get fitsWill(): boolean {
    return Buffer.byteLength(this.message('gone').payload) <= LONGEST_WILL;
  }

  message(state: PresenceState): OutboundPublish {
    const { clientId, incarnation, filters } = this.options;
    const payload = encodePresence({ clientId, state, incarnation, connection: this.connection, filters });
    return { topic: this.topic, payload, qos: 1, retain: true };
  }

  /** On this connection the session is known to have its subscriptions. */
  isSubscribed(): void {
    this.subscribedOn = this.connection;
  }

  /**
   * Whether nobody has been at the session since then. The will of a later connection can have taken the place of an
   * adopter's word, so that does not count.
   */
  isUntouched(retained: Presence | undefined): boolean {
    return retained?.incarnation === this.options.incarnation && retained.connection === this.subscribedOn;
  }

  /** Whether what is retained is what this process said last of a session that it is connected to. */
  isCurrent({ incarnation, connection, state }: Presence): boolean {
    return incarnation === this.options.incarnation && connection === this.connection && state === 'alive';
  }

  /** There is no such session any more: an empty retained message removes what was retained (section 3.3.1.3). */
  get cleared(): OutboundPublish {
    return { topic: this.topic, payload: '', qos: 1, retain: true };
  }

  private get topic(): string {
    const { prefix, group, clientId } = this.options;
    return presenceTopic(prefix, group, clientId);
  }
}
