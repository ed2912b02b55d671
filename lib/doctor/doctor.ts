import { randomBytes } from 'node:crypto';
import { MQTTSharedError } from '../errors/mqtt-shared.error.js';
import { reasonOf } from '../errors/reason-of.js';
import { brokerAddress } from '../session/broker-address.js';
import type { OpenWire, ProtocolVersion, TlsOptions } from '../session/wire.js';
import { Bench } from './bench.js';
import type { Examination, Outcome, VersionExamination } from './examination.js';
import { NotApplicable, PublishRefused } from './probe-error.js';
import { type Probe, PROBE_LIMIT } from './probe.js';
import { type ProbeName, PROBES } from './probes/index.js';

export interface DoctorSettings {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: TlsOptions;
  /** Every topic of a probe is below it, except the presence topic. */
  readonly topicPrefix?: string;
}

/** What the doctor says while it works. */
export type Progress =
  | { readonly kind: 'connected'; readonly protocolVersion: ProtocolVersion; readonly probes: number }
  | { readonly kind: 'unreachable'; readonly protocolVersion: ProtocolVersion; readonly why: string }
  | {
      readonly kind: 'answered';
      readonly protocolVersion: ProtocolVersion;
      readonly asks: string;
      readonly outcome: Outcome;
    };

export const DEFAULT_TOPIC_PREFIX = 'nestjs-mqtt-shared/doctor';

const VERSIONS = [5, 4] as const;
/** Probes of one version that are under way together. */
const LANES = 6;
/** Milliseconds for everything but clearing up. */
const TOTAL_LIMIT = 50_000;
/** They wait longest, so that they begin first. */
const LONG: readonly ProbeName[] = ['resends', 'crashPersistent', 'expiry', 'takeover'];
/** Might disturb the others. */
const ALONE: readonly ProbeName[] = ['burst'];

type Name = ProbeName;

/** Asks a broker every question, in both versions of MQTT, and says what it found out and what not. */
export class Doctor {
  private readonly run = randomBytes(4).toString('hex');
  private readonly leftBehind: string[] = [];
  private clients = 0;

  constructor(
    private readonly open: OpenWire,
    private readonly settings: DoctorSettings,
    private readonly progress: (progress: Progress) => void = () => {},
  ) {}

  /** Takes less than a minute whatever the broker does. When `signal` is aborted it clears up and rejects. */
  async examine(signal: AbortSignal): Promise<Examination> {
    const tooLong = new AbortController();
    const timer = setTimeout(() => tooLong.abort(new Error('there was no time left')), TOTAL_LIMIT);
    try {
      const either = AbortSignal.any([signal, tooLong.signal]);
      const versions = await Promise.all(VERSIONS.map((version) => this.examineVersion(version, either)));
      signal.throwIfAborted();
      return { address: brokerAddress(this.settings.url), versions, leftBehind: this.leftBehind };
    } finally {
      clearTimeout(timer);
    }
  }

  private async examineVersion(protocolVersion: ProtocolVersion, signal: AbortSignal): Promise<VersionExamination> {
    const unreachable = await this.connects(protocolVersion, signal);
    if (unreachable !== undefined) {
      this.progress({ kind: 'unreachable', protocolVersion, why: unreachable });
      return { protocolVersion, unreachable, outcomes: {} };
    }
    const names = (Object.keys(PROBES) as Name[]).filter((name) => arisesIn(PROBES[name], protocolVersion));
    this.progress({ kind: 'connected', protocolVersion, probes: names.length });
    const outcomes: Partial<Record<Name, Outcome>> = {};
    const ask = async (name: Name): Promise<void> => {
      const outcome = await this.ask(name, protocolVersion, signal);
      outcomes[name] = outcome;
      this.progress({ kind: 'answered', protocolVersion, asks: PROBES[name].asks, outcome });
    };
    await ask('shared');
    if (shares(outcomes.shared)) {
      const left = [...LONG, ...names.filter((name) => !LONG.includes(name))].filter(
        (name) => name !== 'shared' && names.includes(name) && !ALONE.includes(name),
      );
      const lane = async (): Promise<void> => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) await ask(next);
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      for (const name of ALONE) await ask(name);
    }
    return { protocolVersion, outcomes: inOrder(outcomes) as VersionExamination['outcomes'] };
  }

  /** Why not, when no connection comes about. */
  private async connects(protocolVersion: ProtocolVersion, signal: AbortSignal): Promise<string | undefined> {
    const bench = this.bench('connect', protocolVersion, signal);
    try {
      await bench.member();
      return undefined;
    } catch (error) {
      // In full: what to do is at its end.
      return error instanceof MQTTSharedError ? error.message.replace(/\.$/, '') : reasonOf(error);
    } finally {
      await bench.close();
    }
  }

  private async ask(name: Name, protocolVersion: ProtocolVersion, signal: AbortSignal): Promise<Outcome> {
    const probe = PROBES[name] as Probe<unknown>;
    const limit = probe.limit ?? PROBE_LIMIT;
    const tooLong = new AbortController();
    const timer = setTimeout(() => tooLong.abort(new Error(`no answer within ${limit / 1000} s`)), limit);
    const either = AbortSignal.any([signal, tooLong.signal]);
    const bench = this.bench(name, protocolVersion, either);
    try {
      either.throwIfAborted();
      const finding = await probe.run(bench);
      return { kind: 'found', finding, says: probe.tell(finding) };
    } catch (error) {
      if (error instanceof NotApplicable) return { kind: 'none', why: error.message };
      const why = reasonOf(either.aborted ? either.reason : error);
      return { kind: 'unknown', why, ...(error instanceof PublishRefused && { publishRefused: true }) };
    } finally {
      clearTimeout(timer);
      this.leftBehind.push(...(await bench.close()));
    }
  }

  private bench(name: string, protocolVersion: ProtocolVersion, signal: AbortSignal): Bench {
    const { url, username, password, tls, topicPrefix = DEFAULT_TOPIC_PREFIX } = this.settings;
    return new Bench({
      open: this.open,
      connection: { url, protocolVersion, username, password, tls },
      topic: `${topicPrefix}/${this.run}/${protocolVersion}/${name}`,
      group: `doctor-${this.run}-${protocolVersion}-${name}`,
      nextClientId: () => `doctor-${this.run}-${++this.clients}`,
      signal,
    });
  }
}

function arisesIn(probe: { versions?: readonly ProtocolVersion[] }, protocolVersion: ProtocolVersion): boolean {
  return probe.versions?.includes(protocolVersion) ?? true;
}

function shares(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'found' && (outcome.finding as { outcome: string }).outcome === 'shared';
}

function inOrder(outcomes: Partial<Record<Name, Outcome>>): Partial<Record<Name, Outcome>> {
  const names = (Object.keys(PROBES) as Name[]).filter((name) => outcomes[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, outcomes[name]]));
}
