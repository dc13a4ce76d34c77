import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { INCIDENT, withFolder } from '../../scenarios/testing/files.ts';
import type { Result } from '../../sim/result.ts';

const EXECUTABLE = fileURLToPath(new URL('../zonequake.mjs', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the executable from a folder that is not the checkout; `onStderr` may send signals. */
function zonequake(
  words: readonly string[],
  onStderr: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [EXECUTABLE, ...words], { cwd: tmpdir() });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
    onStderr(stderr, (signal) => child.kill(signal));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A run of seconds: one variant, a hundredth of the names and rates. */
const SMALL = ['de-rollover-2026', '--variant', 'non-validating', '--scale', '0.01'];

describe.concurrent('the executable', { timeout: 60_000 }, () => {
  it('lists the library', async () => {
    const { code, stdout, stderr } = await zonequake(['list', '--json']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const entries = JSON.parse(stdout) as { name: string; variants: string[] }[];
    const incident = entries.find(({ name }) => name === 'de-rollover-2026');
    expect(incident?.variants).toContain('no-serve-stale');
  });

  it('validates by library name', async () => {
    const { code, stdout, stderr } = await zonequake(['validate', 'de-rollover-2026']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/de-rollover-2026\.yaml: valid, 3 variants, \d+ expectations/);
    expect(code).toBe(0);
  });

  it.each([
    [
      ['run', '--seed', 'x', 'y'],
      /option '--seed <number>' argument 'x' is invalid\. Expected a whole number/,
    ],
    [['run', '--sed', '1', 'y'], /unknown option '--sed'\n\(Did you mean --seed\?\)/],
    [['rnu'], /unknown command 'rnu'\n\(Did you mean run\?\)/],
    [['run', 'de-rolover-2026'], /called "de-rolover-2026"; did you mean "de-rollover-2026"\?/],
    [['run', 'de-rollover-2026', '--variant', 'non-validatin'], /did you mean "non-validating"\?/],
  ])('refuses %j with exit code 2 and the right word', async (words, message) => {
    const { code, stdout, stderr } = await zonequake(words);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('refuses a wrong scenario with its place, and writes nothing', async () => {
    await withFolder({ 'bad.yaml': `extends: ${INCIDENT}\nzpif: 1\n` }, async (folder) => {
      const bad = join(folder, 'bad.yaml');
      const out = join(folder, 'out');
      const { code, stderr } = await zonequake(['run', bad, 'de-rollover-2026', '--out', out]);
      expect(stderr).toMatch(/bad\.yaml:2:1: unknown key "zpif"; expected one of name, title, /);
      expect(code).toBe(2);
      expect(existsSync(out)).toBe(false);
    });
  });

  it('says with exit code 3 that a folder cannot be written', async () => {
    await withFolder({ file: '' }, async (folder) => {
      const { code, stderr } = await zonequake(['run', ...SMALL, '--out', join(folder, 'file')]);
      expect(stderr).toMatch(/^zonequake: cannot write .*file: EEXIST/);
      expect(code).toBe(3);
    });
  });

  it('reports what was finished when it is interrupted', async () => {
    await withFolder({}, async (folder) => {
      const out = join(folder, 'out');
      const words = ['run', 'de-rollover-2026', '--scale', '0.5', '--out', out];
      let sent = 0;
      const { code } = await zonequake(words, (text, kill) => {
        if (text === '' || sent > 0) return;
        sent = performance.now();
        kill('SIGINT');
      });
      expect(code).toBe(130);
      const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Result;
      expect(report.complete).toBe(false);
      expect(readdirSync(out).sort()).toEqual([
        'junit.xml',
        'report.json',
        'run.json',
        'series.csv',
      ]);
    });
  });
});
