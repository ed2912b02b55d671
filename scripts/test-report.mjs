/**
 * Sums Jest's JSON reports, names what failed or was skipped, and ends with the line `N passed, N failed`.
 * A suite that could not run counts as a failure. A missing report, a skipped test and a total of no passed tests
 * end in an error: where this runs, everything is there that a test could need.
 *
 *   node scripts/test-report.mjs report.json [report.json …]
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

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
    complete = false;
    console.log(`${test.status}: ${file} › ${test.fullName}`);
  }
}
