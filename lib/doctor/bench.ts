import { within } from '../deadline.js';
import { describeReasonCode } from '../session/reason-code.js';
import type { OpenWire, ProtocolVersion, QoS, SubscriptionRequest, Will, WireOptions } from '../session/wire.js';
import { Member } from './member.js';
import { ProbeError, PublishRefused } from './probe-error.js';

export type SessionKind = 'clean' | 'persistent';

export interface MemberSettings {
  /** Default `'clean'`. */
  session?: SessionKind;
  /** Default true; `false` holds every message until the probe says otherwise. */
  acknowledges?: boolean;
  /** That of an earlier member, to come back as or to take over from. */
  clientId?: string;
  receiveMaximum?: number;
  /** Seconds, 5.0, of a persistent session. */
  sessionExpiryInterval?: number;
  will?: Will;
}

export interface BenchSettings {
  readonly open: OpenWire;
  /** What every connection has in common. */
  readonly connection: Pick<WireOptions, 'url' | 'protocolVersion' | 'username' | 'password' | 'tls'>;
  /** Where the probe's topics are; nobody else's are below it. */
  readonly topic: string;
  readonly group: string;
  /** Client Identifiers that nobody else has. */
  readonly nextClientId: () => string;
  readonly signal: AbortSignal;
}

/** Milliseconds for one answer of the broker, CONNACK, SUBACK or PUBACK. */
const STEP_LIMIT = 5_000;
/** Milliseconds in which nothing comes, after which nothing more is taken to come. */
const QUIET = 600;
/** Seconds after which a 5.0 broker forgets a session that could not be ended. */
const SESSION_EXPIRY = 120;
const KEEPALIVE = 30;
/** Publishes under way, which no broker known refuses. */
const AT_ONCE = 10;

/** Where one probe works: its connections, its topic, its waiting. Nothing of it is left on the broker after `close`. */
export class Bench {
  readonly protocolVersion: ProtocolVersion;
  readonly topic: string;
  readonly group: string;
  private readonly members: Member[] = [];
  private readonly sessions = new Set<string>();
  private readonly retained = new Set<string>();
  private readonly watchers = new Set<() => void>();
  private publisher: Promise<Member> | undefined;
  private readonly onAbort = (): void => {
    for (const member of this.members) member.crash();
    this.changed();
  };

  constructor(private readonly settings: BenchSettings) {
    this.protocolVersion = settings.connection.protocolVersion;
    this.topic = settings.topic;
    this.group = settings.group;
    settings.signal.addEventListener('abort', this.onAbort);
  }

  private readonly changed = (): void => {
    for (const look of this.watchers) look();
  };

  /** The Shared Subscription of this probe's group. */
  shared(filter = this.topic, group = this.group): string {
    return `$share/${group}/${filter}`;
  }

  async member(settings: MemberSettings = {}): Promise<Member> {
    const { session = 'clean', acknowledges = true, clientId = this.settings.nextClientId() } = settings;
    if (session === 'persistent') this.sessions.add(clientId);
    this.settings.signal.throwIfAborted();
    const member = await Member.open(
      this.settings.open,
      {
        ...this.wireOptions(clientId),
        clean: session === 'clean',
        sessionExpiryInterval: session === 'clean' ? 0 : (settings.sessionExpiryInterval ?? SESSION_EXPIRY),
        receiveMaximum: settings.receiveMaximum,
        will: settings.will,
      },
      { acknowledges, changed: this.changed, signal: this.settings.signal },
    );
    this.members.push(member);
    return member;
  }

  private wireOptions(clientId: string): Omit<WireOptions, 'clean' | 'sessionExpiryInterval'> {
    return { ...this.settings.connection, clientId, keepalive: KEEPALIVE, connectTimeout: STEP_LIMIT };
  }

  /** A member that has subscribed, by default to {@link shared}. */
  async subscriber(settings: MemberSettings & { filter?: string; qos?: QoS } = {}): Promise<Member> {
    const member = await this.member(settings);
    await this.subscribe(member, { filter: settings.filter ?? this.shared(), qos: settings.qos ?? 1 });
    return member;
  }

  /** Resolves with the granted QoS; rejects with {@link ProbeError} when the filter is refused. */
  async subscribe(member: Member, request: SubscriptionRequest): Promise<number> {
    const code = await this.answer(member.subscribe(request), 'SUBACK');
    if (code >= 0x80) throw new ProbeError(`${request.filter} was refused with ${describeReasonCode(code)}`);
    return code;
  }

  /** At QoS 1. Resolves when the broker has taken all of them; each is told from the others by its payload. */
  async publish(ids: readonly string[], settings: { topic?: string; retain?: boolean } = {}): Promise<void> {
    const { topic = this.topic, retain = false } = settings;
    this.publisher ??= this.member();
    const publisher = await this.publisher;
    if (retain) this.retained.add(topic);
    const atOnce = Math.min(AT_ONCE, publisher.limits.receiveMaximum);
    for (let start = 0; start < ids.length; start += atOnce) {
      const batch = ids.slice(start, start + atOnce);
      const sent = batch.map((payload) => publisher.send({ topic, payload, qos: 1, retain }));
      await this.answer(Promise.all(sent), 'the acknowledgement of a publish').catch((error: unknown) => {
        if (error instanceof PublishRefused) this.retained.delete(topic);
        throw error;
      });
    }
  }

  /** What the broker owes us comes soon, or the probe fails and says what did not come. */
  answer<T>(answer: Promise<T>, what: string): Promise<T> {
    return within(answer, STEP_LIMIT, () => new ProbeError(`${what} did not come within ${STEP_LIMIT / 1000} s`));
  }

  /** Whether the condition came true within these milliseconds; looked at whenever something arrives. */
  until(condition: () => boolean, milliseconds: number): Promise<boolean> {
    const { signal } = this.settings;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (signal.aborted) finish(() => reject(signal.reason as Error));
        else if (condition()) finish(() => resolve(true));
      };
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
        settle();
      };
      const timer = setTimeout(() => finish(() => resolve(condition())), milliseconds);
      this.watchers.add(look);
      look();
    });
  }

  /** Resolves when no message has come for a while: what was to come at once has come. */
  async quiet(longest = 5_000, silence = QUIET): Promise<void> {
    const deadline = performance.now() + longest;
    await Promise.all(this.members.filter(({ open }) => open).map((member) => this.answer(member.ping(), 'PINGRESP')));
    for (;;) {
      const seen = this.arrivals();
      const more = await this.until(() => this.arrivals() !== seen, silence);
      if (!more || performance.now() > deadline) return;
    }
  }

  private arrivals(): number {
    return this.members.reduce((sum, { received }) => sum + received.length, 0);
  }

  /** Ends every connection and session and clears what was retained; resolves with what it could not undo. */
  async close(): Promise<string[]> {
    this.settings.signal.removeEventListener('abort', this.onAbort);
    const left: string[] = [];
    const attempt = async (work: Promise<unknown>, what: string): Promise<void> => {
      await within(work, STEP_LIMIT, () => new Error('too slow')).catch(() => left.push(what));
    };
    await Promise.all(this.members.map((member) => member.leave()));
    for (const clientId of this.sessions) await attempt(this.endSession(clientId), `the session of ${clientId}`);
    for (const topic of this.retained) await attempt(this.clear(topic), `the retained message on ${topic}`);
    return left;
  }

  private connectClean(clientId: string): Promise<Member> {
    return Member.open(
      this.settings.open,
      { ...this.wireOptions(clientId), clean: true, sessionExpiryInterval: 0 },
      { acknowledges: true, changed: this.changed },
    );
  }

  /** A clean session in its place (section 3.1.2.4). */
  private async endSession(clientId: string): Promise<void> {
    const successor = await this.connectClean(clientId);
    await successor.leave({ endSession: true });
  }

  private async clear(topic: string): Promise<void> {
    const member = await this.connectClean(this.settings.nextClientId());
    try {
      await this.answer(member.send({ topic, payload: '', qos: 1, retain: true }), 'PUBACK');
    } finally {
      await member.leave();
    }
  }
}

/** `m1`, `m2`, … */
export function ids(count: number, prefix = 'm'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}
