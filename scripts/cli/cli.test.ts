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

/** An hour of the incident of 4 October 2023, with fewer nodes. */
const NODES = `
extends: root-zone-expiry-2023
time: { from: 2023-10-04T08:30Z, to: 2023-10-04T09:20Z, warmup: 15m }
phases: { before: ~, during: ~, after: ~ }
cluster: { colos: { iad: { nodes: 8 }, fra: ~, lhr: { nodes: 4 } }, cache: { start: cold } }
traffic: { regions: { europe: { catchment: { fra: ~, lhr: 100% } } } }
timeline:
  - { at: 2023-09-21T06:30Z, zone: ".", resign: {} }
  - { at: 2023-09-21T12:00Z, zone: ".", add: ZONEMD }
variants: { as-it-happened: ~ }
expect: [{ during: 09:00..09:20, variant: tags-propagated, servfail-rate: { below: 5% } }]
published: []
references: ~
alerts: ~
mitigations:
  stop-preloading: []
`;
/** What should make them travel does something else. */
const BROKEN = `
  tag-propagation: [{ at: start, forwarding: { copy-ttl: 1h } }]
`;

describe('the executable, from any folder', { timeout: PATIENCE_MS + 5_000 }, () => {
  it('lists the library', async () => {
    const { code, stdout, stderr } = await zonequake(['list', '--json']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const entries = JSON.parse(stdout) as { name: string; variants: string[] }[];
    const incident = entries.find(({ name }) => name === 'de-rollover-2026');
    expect(incident?.variants).toEqual(expect.arrayContaining(['no-serve-stale']));
  });

  it('ends with 1 and names the expectation when tags do not travel, and with 0 when they do', async () => {
    const files = { 'carried.yaml': NODES, 'dropped.yaml': `${NODES}${BROKEN}` };
    await withFolder(files, async (folder) => {
      const run = (file: string): Promise<Ended> =>
        zonequake([
          'run',
          join(folder, file),
          '--variant',
          'tags-propagated',
          '--quiet',
          '--scale',
          '0.5',
        ]);
      expect((await run('carried.yaml')).code).toBe(0);
      const { code, stdout } = await run('dropped.yaml');
      expect(code).toBe(1);
      expect(stdout).toMatch(
        /failed .*tags-propagated: servfail-rate, 09:00Z\.\.09:20Z, below 5 %/,
      );
    });
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
