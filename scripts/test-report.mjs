/**
 * Sums Jest's JSON reports, names what failed or was skipped, and ends with the line `N passed, N failed`.
 * A suite that could not run counts as a failure. A missing report, a skipped test and a total of no passed tests
 * end in an error: where this runs, everything is there that a test could need. The exception are tests that a broker
 * leaves no room for, where docs/brokers.md names them with the reason.
 *
 *   node scripts/test-report.mjs report.json [report.json …]
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** As test/brokers/support/not-run-here.ts writes it. */
const NOT_RUN_HERE = / \[not run here, because (.*)\]$/;
const stated = readFileSync(new URL('../docs/brokers.md', import.meta.url), 'utf8').replace(/\s+/g, ' ');

let passed = 0;
let failed = 0;
let complete = true;

for (const path of process.argv.slice(2)) {
  const report = readReport(path);
  if (!report) continue;
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  for (const suite of report.testResults) listSuite(suite);
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = complete && failed === 0 && passed > 0 ? 0 : 1;

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.log(`no report: ${error instanceof Error ? error.message : String(error)}`);
    complete = false;
    return undefined;
  }
}

function listSuite(suite) {
  const file = relative(process.cwd(), suite.name);
  if (suite.status === 'failed' && suite.assertionResults.length === 0) console.log(`did not run: ${file}`);
  for (const test of suite.assertionResults) {
    if (test.status === 'passed') continue;
    const toldWhy = test.status === 'pending' && isStated(test.title);
    if (!toldWhy) complete = false;
    console.log(`${toldWhy ? 'not run' : test.status}: ${file} › ${test.fullName}`);
  }
}

/** Whether the table names this test under its reason. */
function isStated(title) {
  const [suffix, because] = NOT_RUN_HERE.exec(title) ?? [];
  if (suffix === undefined) return false;
  const [, ...sections] = stated.split(`Not run here, because ${because}: `);
  const name = title.slice(0, -suffix.length);
  return sections.some((section) => section.split(' Not run here, because ')[0].includes(name));
}
