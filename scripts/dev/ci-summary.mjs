/**
 * The last line of a CI run, `N passed, N failed`: sums Vitest's JSON results. A result that is
 * missing (the runner died), a test file that did not load and a failed step each count as failed.
 *
 * Usage: node scripts/dev/ci-summary.mjs FAILED_STEPS RESULT.json...
 * Exit code 1 when anything failed or nothing ran.
 */

import { existsSync, readFileSync } from 'node:fs';

const [steps, ...files] = process.argv.slice(2);
let passed = 0;
let failed = Number(steps);
for (const file of files) {
  if (!existsSync(file)) {
    console.log(`no test results in ${file}`);
    failed++;
    continue;
  }
  const result = JSON.parse(readFileSync(file, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  for (const { name, status, assertionResults } of result.testResults) {
    if (status !== 'failed' || assertionResults.some((each) => each.status === 'failed')) continue;
    console.log(`did not load: ${name}`);
    failed++;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
