import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../../scenarios/testing/files.ts';
import { EnvironmentError, UsageError } from './exit-codes.ts';
import { runProgram } from './program.ts';

async function failure(words: readonly string[]): Promise<unknown> {
  return runProgram(words).then(
    (code) => `ended with ${code}`,
    (error: unknown) => error,
  );
}

describe('wrong usage', () => {
  it.each([
    [
      'run --seed x y',
      "option '--seed <number>' argument 'x' is invalid. Expected a whole number from 0 to 4294967295.",
    ],
    ['run --threads 0 y', 'Expected a whole number from 1 to 256.'],
    ['run --block 1.5 y', 'Expected a whole number from 1 to 65536.'],
    ['run --scale -1 y', 'Expected a number from 0.01 to 100.'],
    ['run --sed 1 y', "unknown option '--sed'\n(Did you mean --seed?)"],
    [
      'run --reporter jsn y',
      'Expected some of terminal, html, json, junit, csv. (Did you mean json?)',
    ],
    ['run', "missing required argument 'files'"],
    ['rnu y', "unknown command 'rnu'\n(Did you mean run?)"],
    ['run de-rolover-2026', 'called "de-rolover-2026"; did you mean "de-rollover-2026"?'],
    [
      'validate nothing-like-it',
      'called "nothing-like-it"; the library has de-chain-resigned, de-rollover-2026, root-zone-expiry-2023, stale-region-2023',
    ],
    [
      'run de-rollover-2026 --variant non-validatin',
      'has no variant "non-validatin"; did you mean "non-validating"?',
    ],
    [
      'run de-rollover-2026 de-rollover-2026 --out x',
      'two scenarios are called "de-rollover-2026" and would share a folder',
    ],
  ])('%s', async (line, message) => {
    const error = await failure(line.split(' '));
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(message);
  });
});

describe('the machine', () => {
  it('a folder that cannot be written is found before the run', async () => {
    await withFolder({ file: '' }, async (folder) => {
      const out = join(folder, 'file', 'out');
      const error = await failure(['run', 'de-rollover-2026', '--scale', '0.01', '--out', out]);
      expect(error).toBeInstanceOf(EnvironmentError);
      expect(String(error)).toContain(`cannot write ${out}: ENOTDIR`);
    });
  });
});
