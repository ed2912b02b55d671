/**
 * Asks every broker that is there what it does, keeps the answers in test/brokers/results, and writes docs/brokers.md
 * from all that are kept.
 *
 *   npm run brokers:table [-- --suite <Jest's JSON report>] [--only <name>]… [--kept]
 *
 * Without a report the results of the suite stay as they were. With `--kept` no broker is asked.
 */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { Doctor } from '../../../lib/doctor/doctor.js';
import { findingOf, type Examination } from '../../../lib/doctor/examination.js';
import { openMqttWire } from '../../../lib/session/mqtt-wire.js';
import type { Broker, RunningBroker } from '../support/broker.js';
import { fileOf, readRecord } from './broker-record.js';
import { BROKERS, readRecords } from './brokers.js';
import { suiteResults } from './suite-results.js';
import { brokersDocument } from './table.js';

const GIVEN_URL = process.env['MQTT_URL'];
const DOCUMENT = fileURLToPath(new URL('../../../docs/brokers.md', import.meta.url));

/** With `MQTT_URL` the broker that runs there, which is to be named with `--only`. */
function start(broker: Broker): Promise<RunningBroker> {
  if (GIVEN_URL === undefined) return broker.start();
  return Promise.resolve({ url: GIVEN_URL, stop: () => Promise.resolve() });
}

async function examine(broker: Broker): Promise<Examination> {
  const running = await start(broker);
  try {
    const doctor = new Doctor(openMqttWire, { url: running.url });
    return await doctor.examine(new AbortController().signal);
  } finally {
    await running.stop();
  }
}

/** What the broker says of itself, or its program, else what is pinned, else what this package is. */
function versionOf(key: string, broker: Broker, { versions }: Examination): string {
  const said = versions.map((version) => findingOf(version, 'version')).find((version) => version !== undefined);
  const number = /\d+(\.\d+)+\S*/.exec(said ?? '')?.[0];
  return number ?? broker.version?.() ?? pinned(key) ?? (key === 'embedded' ? packageVersion() : 'of unknown version');
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
}

function pinned(key: string): string | undefined {
  return (readJson('../downloads.json') as Record<string, { version: string } | undefined>)[key]?.version;
}

function packageVersion(): string {
  return (readJson('../../../package.json') as { version: string }).version;
}

async function renew(key: string, broker: Broker, options: { suite?: string; kept?: boolean }): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  const before = await readRecord(key);
  const missing = options.kept ? 'it is not asked' : GIVEN_URL === undefined ? broker.missing() : undefined;
  let record = before;
  if (missing === undefined) {
    process.stderr.write(`${broker.name}: asking …\n`);
    const examination = await examine(broker);
    record = {
      broker: broker.name,
      version: versionOf(key, broker, examination),
      date: today,
      versions: examination.versions,
      ...(before?.suite && { suite: before.suite }),
    };
  } else {
    process.stderr.write(`${broker.name}: ${missing}. Its last record stays.\n`);
  }
  const results = options.suite === undefined ? undefined : suiteResults(options.suite, key);
  if (record === undefined) return;
  const renewed = results === undefined ? record : { ...record, suite: { date: today, ...results } };
  await write(fileOf(key), JSON.stringify(renewed), 'json');
}

/** Laid out as `npm run format` does. */
async function write(file: string, text: string, parser: 'json' | 'markdown'): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), parser }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { suite: { type: 'string' }, only: { type: 'string', multiple: true }, kept: { type: 'boolean' } },
  });
  if (GIVEN_URL !== undefined && values.only?.length !== 1) {
    throw new Error('Say with `--only` which broker it is that runs at MQTT_URL.');
  }
  for (const [key, broker] of Object.entries(BROKERS)) {
    if (values.only === undefined || values.only.includes(key)) await renew(key, broker, values);
  }
  const { records, absent } = await readRecords();
  const document = brokersDocument(records, absent);
  await write(DOCUMENT, document, 'markdown');
}

await main();
