import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readNotRunHere } from '../support/not-run-here.js';
import type { SkippedTest, SuiteResult } from './broker-record.js';

interface JestTest {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

interface JestReport {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly JestTest[] }[];
}

/**
 * What Jest's JSON report says of the suite on a broker; `undefined` when it did not run there. A test that was skipped
 * without a reason is an error: the report is then of a part of the suite (`-t`, `--bail`), or hides something.
 */
export function suiteResults(report: string, key: string): { on5: SuiteResult; on4: SuiteResult } | undefined {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
  const tests = testResults
    .filter(({ name }) => basename(name) === `${key}.spec.ts`)
    .flatMap(({ assertionResults }) => assertionResults);
  const on = (protocolVersion: 4 | 5): SuiteResult => {
    const own = tests.filter(({ ancestorTitles }) => ancestorTitles.some((title) => isOf(protocolVersion, title)));
    return {
      passed: own.filter(({ status }) => status === 'passed').length,
      failed: own.filter(({ status }) => status === 'failed').map(nameOf),
      skipped: own.filter(({ status }) => status !== 'passed' && status !== 'failed').map(skippedTest),
    };
  };
  const [on5, on4] = [on(5), on(4)];
  return on5.passed + on4.passed === 0 ? undefined : { on5, on4 };
}

const isOf = (protocolVersion: number, title: string): boolean => title.includes(`protocol version ${protocolVersion}`);

/** What the broker and the version are, the record says. */
function nameOf({ ancestorTitles, title }: JestTest): string {
  const parts = ancestorTitles.slice(ancestorTitles.findIndex((one) => one.includes('protocol version')) + 1);
  return [...parts, title].join(' ');
}

function skippedTest(test: JestTest): SkippedTest {
  const skipped = readNotRunHere(nameOf(test));
  if (skipped === undefined) throw new Error(`This test was skipped without a reason: ${nameOf(test)}`);
  return skipped;
}
