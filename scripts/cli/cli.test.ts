import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { INCIDENT, withFolder } from '../../scenarios/testing/files.ts';
import type { Result } from '../../sim/result.ts';

const EXECUTABLE = fileURLToPath(new URL('../zonequake.mjs', import.meta.url));
/** A child that has not ended by then is not going to. */
const PATIENCE_MS = 50_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the executable from a folder that is not the checkout; `signal` is sent at its first word on stderr. */
function zonequake(words: readonly string[], signal?: NodeJS.Signals): Promise<Ended> {
  const options = { cwd: tmpdir(), timeout: PATIENCE_MS, killSignal: 'SIGKILL' } as const;
  const child = spawn(process.execPath, [EXECUTABLE, ...words], options);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    if (stderr === '' && signal !== undefined) child.kill(signal);
    stderr += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('the executable, from any folder', { timeout: PATIENCE_MS + 5_000 }, () => {
  it('lists the library', async () => {
    const { code, stdout, stderr } = await zonequake(['list', '--json']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const entries = JSON.parse(stdout) as { name: string; variants: string[] }[];
    const incident = entries.find(({ name }) => name === 'de-rollover-2026');
    expect(incident?.variants).toEqual(expect.arrayContaining(['no-serve-stale']));
  });

  it('ends with 2 for wrong usage', async () => {
    const { code, stdout, stderr } = await zonequake(['run', '--seed', 'x', 'y']);
    expect(stderr).toMatch(/^zonequake: option '--seed <number>' argument 'x' is invalid/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('ends with 2 for a wrong scenario, says the place, and writes nothing', async () => {
    await withFolder({ 'bad.yaml': `extends: ${INCIDENT}\nzpif: 1\n` }, async (folder) => {
      const bad = join(folder, 'bad.yaml');
      const out = join(folder, 'out');
      const { code, stderr } = await zonequake(['run', bad, 'de-rollover-2026', '--out', out]);
      expect(stderr).toMatch(/bad\.yaml:2:1: unknown key "zpif"; expected one of name, title, /);
      expect(code).toBe(2);
      expect(existsSync(out)).toBe(false);
    });
  });

  it('validates, and ends with 2 when one of several files is wrong', async () => {
    await withFolder({ 'bad.yaml': 'name: [' }, async (folder) => {
      const words = ['validate', 'de-rollover-2026', join(folder, 'bad.yaml')];
      const { code, stdout, stderr } = await zonequake(words);
      expect(stdout).toMatch(/de-rollover-2026\.yaml: valid, 5 variants, \d+ expectations/);
      expect(stderr).toMatch(/bad\.yaml:1:8: .*; expected well-formed YAML 1\.2\n/);
      expect(code).toBe(2);
    });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: writes what was finished, marked so, and ends with %i', async (signal, exit) => {
    await withFolder({}, async (folder) => {
      const out = join(folder, 'out');
      const words = ['run', 'de-rollover-2026', '--scale', '0.2', '--out', out];
      const { code } = await zonequake(words, signal);
      expect(code).toBe(exit);
      const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Result;
      expect(report.complete).toBe(false);
      const written = ['junit.xml', 'report.html', 'report.json', 'run.json', 'series.csv'];
      expect(readdirSync(out).sort()).toEqual(written);
    });
  });
});
