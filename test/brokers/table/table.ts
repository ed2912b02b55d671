import type { Level } from '../../../lib/doctor/advice/advice.js';
import type { Outcome, VersionExamination } from '../../../lib/doctor/examination.js';
import { type ProbeName, PROBES } from '../../../lib/doctor/probes/index.js';
import { verdictOn } from '../../../lib/doctor/verdict.js';
import { versionName } from '../../../lib/doctor/version-name.js';
import type { BrokerRecord, SkippedTest, SuiteResult } from './broker-record.js';

const LEVELS: Readonly<Record<Level, string>> = {
  problem: '**Loses messages**: ',
  warning: '**Mind**: ',
  note: '',
  good: '',
};

/** What the profile of a broker allows for though the version recorded here does not do it. */
const EARLIER_VERSIONS: Readonly<Record<string, string>> = {
  'ActiveMQ Artemis':
    'Its profile says `resubscribeRedelivers: true` for the sake of 2.44, where a second SUBSCRIBE delivers again what is in flight: right for both, since a worker then leaves the subscriptions of a resumed session alone, and Artemis keeps those.',
};

/** The document, but for its layout. */
export function brokersDocument(records: readonly BrokerRecord[], absent: readonly string[]): string {
  return [
    '# What brokers do with shared subscriptions',
    '<!-- Written by `npm run brokers:table`. -->',
    'Written by `npm run brokers:table` from what the doctor (`npx nestjs-mqtt-shared doctor <url>`) found out, and from the results of the suite in `test/brokers`; the records are in `test/brokers/results`. Each broker ran with its defaults. Where MQTT 5.0 and 3.1.1 differ, a cell says so; a question without an answer does not arise there. A test of the suite that a broker leaves no room for is named under it, with the reason; all others run.',
    absent.length > 0 ? `Not recorded yet: ${absent.join(', ')}.` : '',
    table(records),
    '## What it means',
    ...records.flatMap(meaning),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function table(records: readonly BrokerRecord[]): string {
  const rows = [
    ['', ...records.map(({ broker, version }) => `${broker} ${version}`)],
    records.map(() => '---').concat('---'),
    ['Asked on', ...records.map(({ date }) => date)],
    ['The suite on MQTT 5.0', ...records.map(({ suite }) => suiteCell(suite?.on5))],
    ['The suite on MQTT 3.1.1', ...records.map(({ suite }) => suiteCell(suite?.on4))],
    ...(Object.keys(PROBES) as ProbeName[]).map((name) => [
      PROBES[name].asks,
      ...records.map(({ versions }) => answers(versions, name)),
    ]),
  ];
  return rows.map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

function suiteCell(result: SuiteResult | undefined): string {
  if (result === undefined) return 'not run';
  const { passed, failed, skipped } = result;
  return [
    `${passed} passed`,
    failed.length > 0 && `**${failed.length} failed**`,
    skipped.length > 0 && `${skipped.length} not run`,
  ]
    .filter(Boolean)
    .join(', ');
}

function answers(versions: readonly VersionExamination[], name: ProbeName): string {
  const said = versions.flatMap((version) => {
    const outcome: Outcome | undefined = version.outcomes[name];
    if (outcome === undefined || outcome.kind === 'none') return [];
    const answer = outcome.kind === 'found' ? outcome.says : `not found out: ${outcome.why}`;
    return [{ answer, version: versionName(version.protocolVersion) }];
  });
  const [first] = said;
  if (first === undefined) return '';
  if (said.length === versions.length && said.every(({ answer }) => answer === first.answer)) return first.answer;
  return said.map(({ answer, version }) => `${version}: ${answer}`).join('<br>');
}

function meaning({ broker, version, versions, suite }: BrokerRecord): string[] {
  const { summary, advice, options } = verdictOn({ address: `${broker} ${version}`, versions, leftBehind: [] });
  return [
    `### ${broker} ${version}`,
    summary,
    [...advice.map(({ level, says }) => LEVELS[level] + says), EARLIER_VERSIONS[broker]]
      .filter((line) => line !== undefined)
      .map((line) => `- ${line}`)
      .join('\n'),
    options.length > 0
      ? `Options to set: ${options.map(({ name, value }) => `\`${name}: ${value}\``).join(', ')}.`
      : 'Options to set: none.',
    ...(suite === undefined ? [] : leftOut(suite.on5.skipped, suite.on4.skipped)),
  ];
}

/** Tests of the suite that rest on what the broker does not do, by reason. */
function leftOut(on5: readonly SkippedTest[], on4: readonly SkippedTest[]): string[] {
  const all = [...on5, ...on4];
  return unique(all.map(({ because }) => because)).map((because) => {
    const has = (tests: readonly SkippedTest[], name: string): boolean =>
      tests.some((test) => test.name === name && test.because === because);
    const lines = unique(all.filter((test) => test.because === because).map(({ name }) => name)).map((name) => {
      if (!has(on4, name)) return `- ${name} (MQTT 5.0)`;
      return has(on5, name) ? `- ${name}` : `- ${name} (MQTT 3.1.1)`;
    });
    return `Not run here, because ${because}:\n\n${lines.join('\n')}`;
  });
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
