/** Writes the files of a run: each under another name first, then renamed, so that none is ever half-written. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from './exit-codes.ts';

/** Makes the folder now, so that a run does not end in a folder that cannot be written. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    const probe = join(folder, `.zonequake-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

/** File names to contents. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const unfinished = join(folder, `.${name}.${process.pid}`);
    try {
      writeFileSync(unfinished, text);
      renameSync(unfinished, join(folder, name));
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw cannotWrite(join(folder, name), error);
    }
  }
}

function cannotWrite(path: string, error: unknown): EnvironmentError {
  const reason = error instanceof Error ? error.message : String(error);
  return new EnvironmentError(`cannot write ${path}: ${reason}`);
}
