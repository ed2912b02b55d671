import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { SuiteResult } from './broker-record.js';

interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly fullName: string;
      readonly status: string;
    }[];
  }[];
}

/** What Jest's JSON report says of the suite on a broker; `undefined` when it did not run there. */
export function suiteResults(report: string, key: string): { on5: SuiteResult; on4: SuiteResult } | undefined {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
  const tests = testResults
    .filter(({ name }) => basename(name) === `${key}.spec.ts`)
    .flatMap(({ assertionResults }) => assertionResults);
  const on = (protocolVersion: 4 | 5): SuiteResult => {
    const own = tests.filter(({ ancestorTitles }) =>
      ancestorTitles.some((title) => title.includes(`protocol version ${protocolVersion}`)),
    );
    const named = (statuses: readonly string[]): string[] =>
      own.filter(({ status }) => statuses.includes(status)).map(({ fullName }) => fullName);
    return {
      passed: own.filter(({ status }) => status === 'passed').length,
      failed: named(['failed']),
      skipped: named(['pending', 'todo', 'disabled', 'skipped']),
    };
  };
  const [on5, on4] = [on(5), on(4)];
  return on5.passed + on4.passed === 0 ? undefined : { on5, on4 };
}
