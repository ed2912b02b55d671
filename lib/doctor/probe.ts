import type { ProtocolVersion } from '../session/wire.js';
import type { Bench } from './bench.js';

/** One question to a broker. */
export interface Probe<Finding> {
  /** The question, for people. */
  readonly asks: string;
  /** The protocol versions on which it arises; both unless said otherwise. */
  readonly versions?: readonly ProtocolVersion[];
  /** Milliseconds; {@link PROBE_LIMIT} unless said otherwise. */
  readonly limit?: number;
  /**
   * Finds the answer out, on topics and Client Identifiers that the bench gives.
   *
   * @throws ProbeError when it cannot, NotApplicable when there is nothing to find out
   */
  run(bench: Bench): Promise<Finding>;
  /** The answer, for people: a few words. */
  tell(finding: Finding): string;
}

export const PROBE_LIMIT = 20_000;
