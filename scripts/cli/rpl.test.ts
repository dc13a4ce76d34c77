import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { withFolder } from '../../scenarios/testing/files.ts';
import { EnvironmentError, UsageError } from './exit-codes.ts';
import { runProgram } from './program.ts';
import { tarOf } from './testing/tar-of.ts';

const OWN = fileURLToPath(new URL('../../sim/rpl/scripts/', import.meta.url));
const REFERRAL = readFileSync(join(OWN, 'referral.rpl'), 'utf8');
/** Passes at `outcome` only. */
const OTHER_TTL = REFERRAL.replace('200 IN A', '201 IN A');
const WRONG = REFERRAL.replace('200 IN A 198.51.100.7', '200 IN A 198.51.100.8');
const OUTSIDE = REFERRAL.replace('qname-minimisation: no', 'dns64-prefix: 64:ff9b::/96');

afterEach(() => {
  vi.restoreAllMocks();
});

async function rpl(...words: readonly string[]): Promise<{ code: unknown; stdout: string }> {
  let stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    stdout += String(chunk);
    return true;
  });
  const code = await runProgram(['rpl', ...words]);
  return { code, stdout };
}

const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);

describe('zonequake rpl', () => {
  test('ends with 0 when every script passed', async () => {
    const { code, stdout } = await rpl(OWN, '--level', 'sets');
    expect(lastLine(stdout)).toMatch(/^\d+ passed, 0 failed, 0 skipped$/);
    expect(code).toBe(0);
  });

  test('ends with 1 when one failed, and says where, why, and what was expected', async () => {
    const files = { 'a/wrong.rpl': WRONG, 'outside.rpl': OUTSIDE, 'referral.rpl': REFERRAL };
    await withFolder({ ...files, 'no-script.txt': 'x' }, async (folder) => {
      const { code, stdout } = await rpl(folder);
      const lines = stdout.replaceAll(folder, 'FOLDER').split('\n');
      expect(lines[0]).toMatch(
        /^FAILED FOLDER\/a\/wrong\.rpl, step 40 \(line \d+\): answer: missing www\.example\. A 198\.51\.100\.8$/,
      );
      expect(lines).toContain('    www.example.\t200\tIN\tA\t198.51.100.8');
      expect(lines).toContain('    www.example.\t200\tIN\tA\t198.51.100.7');
      expect(lines).toContain('    1  DNS64');
      expect(lines.find((line) => line.startsWith('iteration'))).toMatch(
        /1 passed, 1 failed, 1 sk/,
      );
      expect(lastLine(stdout)).toBe('1 passed, 1 failed, 1 skipped');
      expect(code).toBe(1);
    });
  });

  test('compares at the level that is asked for', async () => {
    await withFolder({ 'ttl.rpl': OTHER_TTL }, async (folder) => {
      const path = join(folder, 'ttl.rpl');
      expect((await rpl(path)).code).toBe(0);
      expect((await rpl(path, '--level', 'sets')).code).toBe(1);
    });
  });

  test.each(['scripts.tar', 'scripts.tar.gz'])('plays the scripts of %s', async (name) => {
    const tar = tarOf({
      'x/referral.rpl': REFERRAL,
      'x/wrong.rpl': WRONG,
      'x/README': 'no script',
    });
    const archive = name.endsWith('.gz') ? gzipSync(tar) : tar;
    await withFolder({ [name]: archive }, async (folder) => {
      const { code, stdout } = await rpl(join(folder, name));
      expect(stdout).toContain(`${name}/x/wrong.rpl, step 40`);
      expect(lastLine(stdout)).toBe('1 passed, 1 failed, 0 skipped');
      expect(code).toBe(1);
    });
  });

  test('writes the results as JSON, the same octets every time', async () => {
    await withFolder({ 'a.rpl': WRONG, 'b.rpl': OUTSIDE }, async (folder) => {
      const report = join(folder, 'report.json');
      const first = await rpl(folder, '--report', report);
      const text = readFileSync(report, 'utf8');
      expect(JSON.parse(text)).toEqual({
        format: 'zonequake.rpl/1',
        level: 'outcome',
        ...{ passed: 0, failed: 1, skipped: 1 },
        scripts: [
          {
            file: join(folder, 'a.rpl'),
            title: 'Follows referrals and counts TTLs down',
            topic: 'iteration',
            verdict: {
              kind: 'failed',
              ...{ step: 40, line: expect.any(Number), cause: expect.stringContaining('missing') },
              expected: expect.stringContaining('198.51.100.8'),
              actual: expect.stringContaining('198.51.100.7'),
            },
          },
          expect.objectContaining({ verdict: { kind: 'skipped', feature: 'DNS64' } }),
        ],
      });
      expect(await rpl(folder, '--report', report)).toEqual(first);
      expect(readFileSync(report, 'utf8')).toBe(text);
    });
  });

  test('tells under --verbose who was asked', async () => {
    const { stdout } = await rpl(join(OWN, 'referral.rpl'), '--verbose');
    expect(stdout).toContain('to 192.0.2.2: www.example. A');
  });
});

describe('what ends with 2', () => {
  test('a script that cannot be read, with its place', async () => {
    const bad = REFERRAL.replace('STEP 40 CHECK_ANSWER', 'STEP 40 CHECK_ANSWR');
    await withFolder({ 'bad.rpl': bad }, async (folder) => {
      const path = join(folder, 'bad.rpl');
      const line = bad.split('\n').findIndex((text) => text.includes('CHECK_ANSWR')) + 1;
      const error: unknown = await rpl(path).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UsageError);
      expect(String(error)).toContain(`${path}:${line}:9: found CHECK_ANSWR, expected`);
    });
  });

  test('no script, no file, no archive, no such level', async () => {
    await withFolder({ 'broken.tar.gz': 'no archive', 'readme.txt': '' }, async (folder) => {
      await expect(rpl(folder)).rejects.toThrow('no script (*.rpl)');
      await expect(rpl(join(folder, 'absent.rpl'))).rejects.toThrow('cannot read');
      await expect(rpl(join(folder, 'broken.tar.gz'))).rejects.toThrow('not a tar archive');
      await expect(rpl(OWN, '--level', 'set')).rejects.toThrow('outcome, sets');
      await expect(rpl(folder)).rejects.toBeInstanceOf(UsageError);
    });
  });
});

test('a report that cannot be written is a matter of the machine', async () => {
  await withFolder({ 'a.rpl': REFERRAL, file: '' }, async (folder) => {
    const report = join(folder, 'file', 'report.json');
    await expect(rpl(folder, '--report', report)).rejects.toBeInstanceOf(EnvironmentError);
    expect(existsSync(report)).toBe(false);
  });
});
