/**
 * What is wrong with a scenario, said so that its author can mend it: where, what was found, what
 * was expected, and the nearest valid word. Errors are collected, not thrown one by one; a
 * `ScenarioErrors` carries all of them. Only the command line renders and exits.
 */

/** A place in a file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ScenarioError extends Position {
  /** A phrase: `unknown key "zpif"`, `"12x"`, `a list`, `"seed" is missing`. */
  readonly found: string;
  /** A phrase: `a duration such as 90s or 1h30m`, `one of at, zone`. */
  readonly expected: string;
  /** The valid word that is probably meant. */
  readonly nearest: string | null;
}

/** `file:line:column: message`, as editors and compilers understand it. */
export function renderError(error: ScenarioError): string {
  const hint = error.nearest === null ? '' : ` (did you mean "${error.nearest}"?)`;
  return `${error.file}:${error.line}:${error.column}: ${error.found}; expected ${error.expected}${hint}`;
}

/** A scenario that was refused; at least one error, in the order of their places. */
export class ScenarioErrors extends Error {
  override readonly name = 'ScenarioErrors';
  readonly errors: readonly ScenarioError[];

  constructor(errors: readonly ScenarioError[]) {
    const ordered = [...errors].sort(
      (a, b) =>
        (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
    );
    const distinct = [...new Map(ordered.map((error) => [renderError(error), error])).entries()];
    super(distinct.map(([text]) => text).join('\n'));
    this.errors = distinct.map(([, error]) => error);
  }
}

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (previous[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (previous[column - 1] as number) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2];
      if (swapped && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (before[column - 2] as number) + 1);
      }
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] as number;
}

/** Longer words are not compared: the table of edits grows with the product of the lengths. */
const LONGEST_WORD = 64;

/** The valid word nearest to `found`; null when none is near enough to be meant. */
export function nearestWord(found: string, words: Iterable<string>): string | null {
  if (found.length === 0 || found.length > LONGEST_WORD) return null;
  const wanted = found.toLowerCase();
  let best: string | null = null;
  // a word of one or two letters is near to everything: there, only the case may differ
  let least = (found.length < 3 ? 0 : Math.max(1, Math.floor(found.length / 3))) + 1;
  for (const word of words) {
    if (Math.abs(word.length - found.length) >= least) continue;
    const edits = distance(wanted, word.toLowerCase());
    if (edits < least) {
      least = edits;
      best = word;
    }
  }
  return best;
}

/** A value as it may be quoted in one line of a message. */
export function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(short);
}

/** `one of a, b, c`; long lists are cut. */
export function oneOf(words: readonly string[]): string {
  if (words.length === 1) return words[0] as string;
  const shown = words.length > 24 ? [...words.slice(0, 23), `... (${words.length} in all)`] : words;
  return `one of ${shown.join(', ')}`;
}
