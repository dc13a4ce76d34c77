/** From the words of a command line to scenario files: paths, folders, and names from the library. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearestWord } from '../../scenarios/errors.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { valueAt } from '../../scenarios/tree.ts';
import { UsageError } from './exit-codes.ts';

const LIBRARY = fileURLToPath(new URL('../../scenarios/library', import.meta.url));
const EXTENSION = /\.ya?ml$/;

export interface LibraryEntry {
  readonly name: string;
  readonly title: string;
  readonly variants: readonly string[];
}

function scenarioFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => EXTENSION.test(file))
    .sort()
    .map((file) => shown(join(folder, file)));
}

/** A path as messages show it: relative to the working directory where that is shorter. */
function shown(path: string): string {
  const here = relative('', path);
  return here.startsWith('..') || here === '' ? path : here;
}

function nameOf(file: string): string {
  return file.replace(/^.*[\\/]/, '').replace(EXTENSION, '');
}

export function listLibrary(): LibraryEntry[] {
  return scenarioFiles(LIBRARY).map((file) => {
    const { tree } = loadScenario(file);
    const title = valueAt(tree, ['title']);
    const variants = valueAt(tree, ['variants']);
    return {
      name: nameOf(file),
      title: title?.kind === 'scalar' ? String(title.value) : '',
      variants: variants?.kind === 'map' ? [...variants.entries.keys()] : [],
    };
  });
}

/** The files that `word` stands for; throws `UsageError` when there is none. */
export function scenarioFilesOf(word: string): string[] {
  const library = scenarioFiles(LIBRARY);
  const known = library.find((file) => nameOf(file) === word);
  if (known !== undefined) return [known];
  if (existsSync(word)) {
    if (!statSync(word).isDirectory()) return [word];
    const files = scenarioFiles(word);
    if (files.length === 0) throw new UsageError(`there is no scenario (*.yaml) in ${word}`);
    return files;
  }
  const names = library.map(nameOf);
  const near = nearestWord(nameOf(word), names);
  const hint = near === null ? `the library has ${names.join(', ')}` : `did you mean "${near}"?`;
  throw new UsageError(`there is no file and no scenario in the library called "${word}"; ${hint}`);
}
