/**
 * What every part of the compiler needs: the located tree to point at, the list of errors to add to,
 * and the checks that several parts share.
 */

import type { Micros } from '../../resolver-core/time.ts';
import { nearestWord, oneOf, type Position, type ScenarioError } from '../errors.ts';
import {
  describe,
  keyPositionOf,
  type Path,
  positionOf,
  type TreeMap,
  valueAt,
  writtenPath,
} from '../tree.ts';
import { type Instant, resolveInstant, type Span, type Window } from '../units.ts';

/** Tolerance for sums of shares that are meant to be 1, such as 0.7 + 0.2 + 0.1. */
const ROUNDING = 1e-9;

export class Context {
  readonly tree: TreeMap;
  readonly errors: ScenarioError[] = [];

  constructor(tree: TreeMap) {
    this.tree = tree;
  }

  /** The value at `path` is wrong. */
  fail(given: Path, expected: string, found?: string, nearest: string | null = null): void {
    const path = writtenPath(this.tree, given);
    const value = valueAt(this.tree, path);
    const what = found ?? (value === undefined ? 'nothing' : describe(value));
    this.errors.push({ ...positionOf(this.tree, path), found: what, expected, nearest });
  }

  /** The key at the end of `path` is wrong. */
  failKey(path: Path, found: string, expected: string, nearest: string | null = null): void {
    this.errors.push({ ...keyPositionOf(this.tree, path), found, expected, nearest });
  }

  /** Says so when `word` is none of `words`; true when it is one. */
  known(path: Path, word: string, kind: string, words: readonly string[]): boolean {
    if (words.includes(word)) return true;
    const expected = words.length === 0 ? `a ${kind}, of which there is none` : oneOf(words);
    this.fail(path, expected, `${kind} ${JSON.stringify(word)}`, nearestWord(word, words));
    return false;
  }

  /** As `known`, for a key. */
  knownKey(path: Path, kind: string, words: readonly string[]): boolean {
    const word = String(path.at(-1));
    if (words.includes(word)) return true;
    const nearest = nearestWord(word, words);
    this.failKey(path, `${kind} ${JSON.stringify(word)}`, oneOf(words), nearest);
    return false;
  }

  /** Says so when the shares at `path` come to more than everything. */
  sharesFit(path: Path, shares: readonly number[], what: string): void {
    const sum = shares.reduce((total, share) => total + share, 0);
    if (sum <= 1 + ROUNDING) return;
    const percent = Number((sum * 100).toFixed(6));
    this.fail(path, `at most 100% in all (${what})`, `shares of ${percent}%`);
  }

  /** Says so when all of the weights at `path` are zero. */
  weighsSomething(path: Path, weights: readonly number[], what: string): void {
    if (!weights.some((weight) => weight > 0)) {
      this.fail(path, `at least one ${what} with a share above 0`, 'none');
    }
  }

  /** The instant on the clock; the start of the window when it cannot be told. */
  instant(path: Path, instant: Instant, window: Window): Micros {
    const at = resolveInstant(instant, window);
    if (typeof at === 'number') return at;
    this.fail(path, at);
    return window.from;
  }

  /** A span inside the window; the whole window when it cannot be told. */
  span(
    path: Path,
    span: Span | null,
    window: Window,
    phases: readonly { readonly name: string; readonly from: Micros; readonly to: Micros }[],
  ): { readonly from: Micros; readonly to: Micros } {
    if (span === null) return window;
    if (span.kind === 'phase') {
      const phase = phases.find(({ name }) => name === span.phase);
      if (phase !== undefined) return phase;
      const names = phases.map(({ name }) => name);
      this.known(path, span.phase, 'phase', names);
      return window;
    }
    const errors = this.errors.length;
    const from = this.instant(path, span.from, window);
    const to = this.instant(path, span.to, window);
    if (this.errors.length > errors) return window;
    if (to < from) this.fail(path, 'a span that begins before it ends');
    else if (to === from) this.fail(path, 'a span that is longer than nothing');
    else if (from < window.from || to > window.to) {
      this.fail(path, 'a span inside the window of "time"');
    }
    return { from, to };
  }

  /** `file:line:column` without the folders, so that it is the same on every machine. */
  place(path: Path): string {
    const { file, line, column }: Position = positionOf(this.tree, path);
    return `${file.replace(/^.*[\\/]/, '')}:${line}:${column}`;
  }
}
