/**
 * `npm run mutants`: breaks the resolver on purpose, one edit at a time, and runs the test that must notice.
 *
 * It works on a copy of the source in a temporary folder. First the named tests run as they are; then, for
 * each mutant of `mutants/list.ts`, they run on the edited source. A mutant is killed when the test of the title
 * that it names fails; that others fail, or that nothing loads any more, does not count. Exit code 1 when
 * one survives, or when its edit no longer fits the source. A few minutes; not part of `npm test`.
 */

import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { edited, MUTANTS, type Mutant } from './mutants/list.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Milliseconds after which a run of tests is ended: a mutant that never ends is killed by that. */
const LONGEST = 60_000;

interface TestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Status of each test of a file by its full name; null when the run did not end in time. */
function runTests(folder: string, file: string): Promise<ReadonlyMap<string, string> | null> {
  const output = join(folder, 'tests.json');
  rmSync(output, { force: true });
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const words = [vitest, 'run', file, '--reporter=json', `--outputFile=${output}`];
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, timeout: LONGEST, killSignal: 'SIGKILL' as const };
    execFile(process.execPath, words, options, (error) => {
      if (error?.killed === true) return resolve(null);
      try {
        const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as TestReport;
        const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
        resolve(new Map(tests.map(({ fullName, status }) => [fullName, status])));
      } catch (cause) {
        reject(new Error(`${file} could not be run`, { cause }));
      }
    });
  });
}

/** What became of a mutant, in words; it is killed when that is true. */
async function judge(folder: string, { file, find, put, test }: Mutant): Promise<string | true> {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  const broken = edited(source, find, put);
  if (broken === null) return 'its edit no longer fits the source';
  writeFileSync(path, broken);
  try {
    const statuses = await runTests(folder, test.file);
    if (statuses === null) return true;
    const status = statuses.get(test.title);
    if (status === 'failed') return true;
    return status === undefined ? `no test is called "${test.title}"` : 'survived';
  } finally {
    writeFileSync(path, source);
  }
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'zonequake-mutants-'));
  try {
    const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' });
    for (const file of files.split('\n')) {
      if (file !== '') cpSync(join(ROOT, file), join(folder, file), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    let isGood = true;
    for (const file of new Set(MUTANTS.map(({ test }) => test.file))) {
      const statuses = await runTests(folder, file);
      if (statuses !== null && [...statuses.values()].every((status) => status === 'passed'))
        continue;
      process.stdout.write(`${file} fails as it is\n`);
      isGood = false;
    }
    if (!isGood) return 1;
    for (const mutant of MUTANTS) {
      const verdict = await judge(folder, mutant);
      if (verdict !== true) isGood = false;
      const text = verdict === true ? `killed by ${mutant.test.file}` : verdict;
      process.stdout.write(`${mutant.name.padEnd(48)} ${text}\n`);
    }
    return isGood ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
