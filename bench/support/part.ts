import type { Chart } from '../report/chart.js';
import type { Check } from './check.js';
import type { Table } from './table.js';

/** `quick` is a first look: its ratios are rough. */
export type Scale = 'quick' | 'full';

/** One thing that is measured, and can be measured by itself. */
export interface Part {
  /** For `--only`, and of its file in `results/`. */
  readonly name: string;
  readonly title: string;
  measure(scale: Scale): Promise<Findings>;
}

export interface Findings {
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  readonly checks: readonly Check[];
  /** What was left out, and why. */
  readonly skipped?: readonly string[];
}
