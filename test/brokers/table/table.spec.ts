import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { examinationOf, HIVEMQ, MOSQUITTO } from '../../doctor/examinations.js';
import type { BrokerRecord } from './broker-record.js';
import { notRunHere } from '../support/not-run-here.js';
import { readRecords } from './brokers.js';
import { suiteResults } from './suite-results.js';
import { brokersDocument } from './table.js';

const RECORD: BrokerRecord = {
  broker: 'Mosquitto',
  version: '2.0.11',
  date: '2026-01-31',
  versions: examinationOf(MOSQUITTO).versions,
};

function cells(document: string, row: string): string[] {
  const line = document.split('\n').find((one) => one.startsWith(`| ${row} |`));
  return (line ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

describe('The table', () => {
  it('has a column for each broker, with its version and the date of its record', () => {
    const records = [RECORD, { ...RECORD, broker: 'HiveMQ CE', version: '2025.5', date: '2026-02-01' }];
    const document = brokersDocument(records, ['NanoMQ']);
    expect(cells(document, '')).toEqual(['Mosquitto 2.0.11', 'HiveMQ CE 2025.5']);
    expect(cells(document, 'Asked on')).toEqual(['2026-01-31', '2026-02-01']);
    expect(document).toContain('Not recorded yet: NanoMQ.');
  });

  it('says once what holds in both versions, and what does not of each', () => {
    const [on5, on4] = examinationOf(HIVEMQ).versions;
    if (on5 === undefined || on4 === undefined) throw new Error('both are there');
    const told = (says: string) => ({ kind: 'found', finding: { granted: [1, 1] }, says }) as const;
    const differing = [
      { ...on5, outcomes: { ...on5.outcomes, grantedQoS: told('1 and 1'), resends: { kind: 'unknown', why: 'hung' } } },
      { ...on4, outcomes: { ...on4.outcomes, grantedQoS: told('1 and 2') } },
    ] as const;
    const document = brokersDocument([{ ...RECORD, versions: differing }], []);
    expect(cells(document, 'Which QoS is granted to a shared subscription that asks for 1, and for 2?')).toEqual([
      '5.0: 1 and 1<br>3.1.1: 1 and 2',
    ]);
    expect(document).toContain('5.0: not found out: hung');
  });

  it('says how the suite went, and names by reason what was not run, under the broker that it is about', () => {
    const [order, silence] = ['its order is none', 'it says nothing'];
    const suite = {
      date: '2026-01-31',
      on5: { passed: 40, failed: ['a test'], skipped: [{ name: 'keeps the order', because: order }] },
      on4: {
        passed: 38,
        failed: [],
        skipped: [
          { name: 'keeps the order', because: order },
          { name: 'says who it is', because: silence },
          { name: 'tells the time', because: silence },
        ],
      },
    };
    const whole = {
      date: '2026-01-31',
      on5: { passed: 41, failed: [], skipped: [] },
      on4: { ...suite.on4, skipped: [] },
    };
    const document = brokersDocument(
      [
        { ...RECORD, suite },
        { ...RECORD, broker: 'HiveMQ CE', suite: whole },
      ],
      [],
    );
    expect(cells(document, 'The suite on MQTT 5.0')).toEqual(['40 passed, **1 failed**, 1 not run', '41 passed']);
    expect(cells(document, 'The suite on MQTT 3.1.1')).toEqual(['38 passed, 3 not run', '38 passed']);
    const [, underMosquitto, underHiveMQ] = document.split(/^### .*$/m);
    expect(underMosquitto).toContain(
      'Not run here, because its order is none:\n\n- keeps the order\n\n' +
        'Not run here, because it says nothing:\n\n- says who it is (MQTT 3.1.1)\n- tells the time (MQTT 3.1.1)',
    );
    expect(underHiveMQ).not.toContain('Not run here');
    expect(cells(brokersDocument([RECORD], []), 'The suite on MQTT 5.0')).toEqual(['not run']);
  });
});

/** Without the layout that prettier gives it. */
function plain(markdown: string): string {
  return markdown
    .replace(/-{3,}/g, '---')
    .replace(/[ \n]+/g, ' ')
    .trim();
}

describe('docs/brokers.md', () => {
  it('says what the records say, and nothing else', async () => {
    const { records, absent } = await readRecords();
    const document = readFileSync(new URL('../../../docs/brokers.md', import.meta.url), 'utf8');
    expect(plain(document)).toBe(plain(brokersDocument(records, absent)));
  });
});

describe('The results of the suite', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const result = (version: number, title: string, status: string) => ({
    ancestorTitles: ['On Mosquitto', `protocol version ${version}:`, 'members'],
    title,
    status,
  });

  /** Jest's report of a spec file for each of these. */
  async function reportOf(results: Record<string, readonly ReturnType<typeof result>[]>): Promise<string> {
    const report = join(folder, 'report.json');
    const testResults = Object.entries(results).map(([key, assertionResults]) => ({
      name: join(folder, `${key}.spec.ts`),
      assertionResults,
    }));
    await writeFile(report, JSON.stringify({ testResults }));
    return report;
  }

  it('are read from Jest’s report, by broker and version', async () => {
    const report = await reportOf({
      mosquitto: [
        result(5, 'a', 'passed'),
        result(5, 'b', 'failed'),
        result(4, 'a', 'passed'),
        result(4, notRunHere('b', 'it [says] nothing'), 'pending'),
      ],
      hivemq: [result(5, 'a', 'passed')],
    });
    expect(suiteResults(report, 'mosquitto')).toEqual({
      on5: { passed: 1, failed: ['members b'], skipped: [] },
      on4: { passed: 1, failed: [], skipped: [{ name: 'members b', because: 'it [says] nothing' }] },
    });
    expect(suiteResults(report, 'nanomq')).toBeUndefined();
  });

  it.each(['pending', 'todo', 'disabled'])(
    'are not taken from a report with a test that is %s for no reason',
    async (status) => {
      const report = await reportOf({ mosquitto: [result(5, 'a', 'passed'), result(5, 'b', status)] });
      expect(() => suiteResults(report, 'mosquitto')).toThrow('This test was skipped without a reason: members b');
    },
  );
});
