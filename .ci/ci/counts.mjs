import { existsSync, readFileSync } from 'node:fs';

/**
 * What a jest report (`--json --outputFile`) says. Nothing is counted as passed that did not run: a suite without a test, a report that is not there,
 * a test that was left out and a file that could not be loaded are failures.
 */
export function countsOf(file, exitCode) {
  if (!existsSync(file)) return { passed: 0, failed: 1, why: ['gave no report'] };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const why = [];
  for (const suite of report.testResults ?? []) {
    if (suite.assertionResults.length === 0 && suite.status === 'failed') why.push(`${basename(suite.name)}: could not be run`);
    for (const test of suite.assertionResults) {
      if (test.status === 'failed') why.push(`${basename(suite.name)}: ${test.fullName}`);
      else if (test.status !== 'passed') why.push(`${basename(suite.name)}: ${test.fullName}: left out (${test.status})`);
    }
  }
  const passed = report.numPassedTests ?? 0;
  if (passed === 0 && why.length === 0) why.push('found no tests');
  if (exitCode !== 0 && why.length === 0) why.push(`ended with ${exitCode} although no test failed`);
  return { passed, failed: why.length, why };
}

const basename = (file) => file.split('/').slice(-2).join('/');
