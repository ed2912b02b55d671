import type { ProtocolVersion } from '../session/wire.js';
import type { FindingOf, ProbeName } from './probes/index.js';

/** What came of one probe. */
export type Outcome<Finding = unknown> =
  /** `says` is the finding in a few words. */
  | { readonly kind: 'found'; readonly finding: Finding; readonly says: string }
  /** It could not be found out, and why; `publishRefused` where the broker refused a message of the probe. */
  | { readonly kind: 'unknown'; readonly why: string; readonly publishRefused?: true }
  /** There was nothing to find out, and why. */
  | { readonly kind: 'none'; readonly why: string };

export type Outcomes = { readonly [Name in ProbeName]?: Outcome<FindingOf<Name>> };

/** What was found out in one version of MQTT. */
export interface VersionExamination {
  readonly protocolVersion: ProtocolVersion;
  /** Why no connection came about; there are no outcomes then. */
  readonly unreachable?: string;
  /** Without Shared Subscriptions there is no more than the outcome of `shared`. */
  readonly outcomes: Outcomes;
}

/** What was found out about a broker. */
export interface Examination {
  /** The broker's, without user name and password. */
  readonly address: string;
  /** 5.0 first. */
  readonly versions: readonly VersionExamination[];
  /** What is still on the broker, because it could not be removed. */
  readonly leftBehind: readonly string[];
}

/** The finding, where there is one. */
export function findingOf<N extends ProbeName>(version: VersionExamination, name: N): FindingOf<N> | undefined {
  const outcome = version.outcomes[name];
  return outcome?.kind === 'found' ? outcome.finding : undefined;
}

/** Whether Shared Subscriptions work in this version; `undefined` when it could not be found out. */
export function sharesIn(version: VersionExamination): boolean | undefined {
  const finding = findingOf(version, 'shared');
  return finding && finding.outcome === 'shared';
}
