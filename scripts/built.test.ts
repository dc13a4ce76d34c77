import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFolder } from '../scenarios/testing/files.ts';
import { isBuilt } from './built.mjs';

const MAIN = 'dist/scripts/cli/main.js';

/** A folder with files and the seconds at which they were last changed. */
async function judged(files: Readonly<Record<string, number>>): Promise<boolean> {
  let result = false;
  await withFolder({}, async (root) => {
    for (const [file, changed] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), '');
      utimesSync(join(root, file), changed, changed);
      utimesSync(dirname(join(root, file)), 1, 1);
    }
    result = isBuilt(root);
  });
  return result;
}

describe('whether dist can be run in place of the sources', () => {
  it('not without a build', async () => {
    expect(await judged({ 'sim/run.ts': 100 })).toBe(false);
  });

  it('when the sources are older than the build, or there are none', async () => {
    expect(await judged({ [MAIN]: 200, 'sim/run.ts': 100, 'scenarios/library/a.yaml': 100 })).toBe(
      true,
    );
    expect(await judged({ [MAIN]: 200 })).toBe(true);
  });

  it('not when a source or a scenario of the library was changed after it', async () => {
    expect(await judged({ [MAIN]: 200, 'sim/run.ts': 100, 'sim/cluster/a.ts': 201 })).toBe(false);
    expect(await judged({ [MAIN]: 200, 'scenarios/library/a.yaml': 201 })).toBe(false);
  });
});
