/**
 * The same scenario and seed must give the same bytes in report.json, however it is run: a second
 * time, from source and from dist, with other block sizes and threads, through octets, and on every
 * Node that is named. Prints one line per way; exit code 1 when two differ.
 *
 * Usage: node scripts/dev/determinism.mjs [--scale X] [NODE...]   (NODE: further Node executables)
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = ['--import', import.meta.resolve('tsx'), join(root, 'scripts/cli/main.ts')];
const dist = [join(root, 'dist/scripts/cli/main.js')];

const words = process.argv.slice(2);
const scale = words[0] === '--scale' ? words.splice(0, 2)[1] : '0.05';
const run = ['run', 'de-rollover-2026', '--scale', scale, '--quiet', '--reporter', 'csv'];

const ways = [];
for (const node of [process.execPath, ...words]) {
  for (const [form, start] of [
    ['source', source],
    ['dist', dist],
  ]) {
    if (form === 'dist' && !existsSync(dist[0])) continue;
    ways.push({ node, form, start, options: ['--threads', '2'] });
  }
}
const [first] = ways;
for (const options of [
  ['--threads', '1'],
  ['--threads', '2', '--block', '1'],
  ['--threads', '2', '--block', '64'],
  ['--threads', '2', '--block', '512'],
  ['--threads', '2', '--wire'],
  ['--threads', '2'],
]) {
  ways.push({ ...first, options });
}

const folder = mkdtempSync(join(tmpdir(), 'zonequake-'));
const seen = new Set();
try {
  for (const { node, form, start, options } of ways) {
    const out = join(folder, String(seen.size));
    const args = [...start, ...run, ...options, '--out', out];
    try {
      execFileSync(node, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    } catch (error) {
      if (error.status !== 1) throw error; // 1: an expectation failed, the report is written
    }
    const hash = createHash('sha256')
      .update(readFileSync(join(out, 'report.json')))
      .digest('hex');
    rmSync(out, { recursive: true });
    const version = execFileSync(node, ['--version']).toString().trim();
    console.log(
      `${hash.slice(0, 16)}  ${version.padEnd(9)} ${form.padEnd(6)} ${options.join(' ')}`,
    );
    seen.add(hash);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(seen.size === 1 ? 'all the same' : `${seen.size} different reports`);
process.exitCode = seen.size === 1 ? 0 : 1;
