/** Scenario files for a test, in a folder of their own, and the errors that reading them gives. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../../sim/plan.ts';
import { planOf } from '../compile.ts';
import { ScenarioErrors } from '../errors.ts';

export const INCIDENT: string = fileURLToPath(
  new URL('../library/de-rollover-2026.yaml', import.meta.url),
);

type Files = Readonly<Record<string, string | Uint8Array>>;

function makeFolder(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'zonequake-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** Calls `use` with a folder that holds `files`, and removes it. */
export function withFiles<T>(files: Files, use: (folder: string) => T): T {
  const folder = makeFolder(files);
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As `withFiles`, for what takes its time. */
export async function withFolder(
  files: Files,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = makeFolder(files);
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The plan of `main.yaml`. */
export function planOfFiles(files: Files): Plan {
  return withFiles(files, (folder) => planOf(join(folder, 'main.yaml')));
}

/** The errors of `main.yaml` as the command line prints them, without the folder. */
export function errorsOfFiles(files: Files): string[] {
  return withFiles(files, (folder) => {
    try {
      planOf(join(folder, 'main.yaml'));
    } catch (error) {
      if (!(error instanceof ScenarioErrors)) throw error;
      return error.message.replaceAll(`${folder}/`, '').split('\n');
    }
    return [];
  });
}

/** The errors of the shipped incident, with a short list of names, with `lines` on top; the first of them is line 2. */
export function errorsOver(lines: string): string[] {
  return errorsOfFiles({
    'names.txt': 'example.com\n',
    'base.yaml': `extends: ${INCIDENT}\nnames: names.txt\ntraffic: { names: 4 }\n`,
    'main.yaml': `extends: base.yaml\n${lines}`,
  });
}
