import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { VersionExamination } from '../../../lib/doctor/examination.js';

/** What came of the suite on one broker, in one version of MQTT. */
export interface SuiteResult {
  readonly passed: number;
  /** Names of tests. */
  readonly failed: readonly string[];
  readonly skipped: readonly SkippedTest[];
}

export interface SkippedTest {
  readonly name: string;
  /** What the broker does not do, as its spec file states it. */
  readonly because: string;
}

/** What is known of a broker, and since when. A broker that is not there keeps the record of the last time it was. */
export interface BrokerRecord {
  readonly broker: string;
  readonly version: string;
  /** Of the examination, `2026-01-31`. */
  readonly date: string;
  readonly versions: readonly VersionExamination[];
  readonly suite?: { readonly date: string; readonly on5: SuiteResult; readonly on4: SuiteResult };
}

const FOLDER = new URL('../results/', import.meta.url);

/** Where the record of a broker is kept. */
export function fileOf(key: string): string {
  return fileURLToPath(new URL(`${key}.json`, FOLDER));
}

export async function readRecord(key: string): Promise<BrokerRecord | undefined> {
  if (!existsSync(fileOf(key))) return undefined;
  return JSON.parse(await readFile(fileOf(key), 'utf8')) as BrokerRecord;
}
