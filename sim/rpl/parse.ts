/**
 * Text of a replay script into a `Script` (docs/replay.md): the dialect of Unbound's testbound, and
 * the few words by which Deckard's differs. Anything else is a `ScriptError` with its position.
 */

import { canonicalAddress } from './address.ts';
import { newDefaults, parseEntry, type RecordDefaults } from './entry.ts';
import { type Line, Lines, type Word, wordsOf } from './lines.ts';
import {
  type Clause,
  type Entry,
  type NamedFile,
  type Option,
  type Range,
  type Script,
  ScriptError,
  type Step,
  type StepAction,
} from './script.ts';

/** Throws `ScriptError`, and nothing else. */
export function parseScript(text: string): Script {
  return new ScriptReader(text).read();
}

/** Words that open a part of the configuration; options that stand before any belong to `server`. */
const CLAUSES: ReadonlySet<string> = new Set([
  ...['server', 'stub-zone', 'forward-zone', 'auth-zone', 'rpz', 'view', 'remote-control'],
  ...['cachedb', 'python', 'dynlib', 'dnscrypt', 'dnstap', 'ipset', 'redis'],
]);

class ScriptReader {
  readonly #lines: Lines;
  readonly #defaults: RecordDefaults = newDefaults();
  readonly #clauses: { name: string; options: Option[]; line: number }[] = [];
  readonly #files: NamedFile[] = [];
  readonly #ranges: Range[] = [];
  readonly #steps: Step[] = [];

  constructor(text: string) {
    this.#lines = new Lines(text);
  }

  read(): Script {
    const title = this.#config();
    for (;;) {
      const line = this.#lines.expect('SCENARIO_END');
      const [keyword, ...words] = wordsOf(line);
      if (keyword?.text === 'SCENARIO_END') break;
      if (keyword?.text === 'RANGE_BEGIN') this.#range(line, words);
      else if (keyword?.text === 'STEP') this.#step(line, words);
      else if (keyword?.text !== 'RANGE_END') fail(line, 'RANGE_BEGIN, STEP or SCENARIO_END');
    }
    const clauses: readonly Clause[] = this.#clauses;
    return { title, clauses, files: this.#files, ranges: this.#ranges, steps: this.#steps };
  }

  /** Up to SCENARIO_BEGIN; the title that follows it. */
  #config(): string {
    for (;;) {
      const line = this.#lines.expect('SCENARIO_BEGIN');
      const { text } = line;
      const [, keyword, rest = ''] = /^([A-Z_]+)(?:\s+(.*))?$/.exec(text) ?? [];
      switch (keyword) {
        case 'SCENARIO_BEGIN':
          return rest;
        case 'CONFIG_END':
        case 'TEMPFILE_NAME':
          break;
        case 'AUTOTRUST_FILE':
          this.#file('autotrust', rest, 'AUTOTRUST_END');
          break;
        case 'TEMPFILE_CONTENTS':
          this.#file('temporary', rest, 'TEMPFILE_END');
          break;
        default:
          this.#options(line);
      }
    }
  }

  #file(kind: NamedFile['kind'], name: string, end: string): void {
    this.#files.push({ kind, name, lines: this.#lines.until(end) });
  }

  /** `key: value ...`, several on a line and behind the words that open clauses. */
  #options(line: Line): void {
    const words = wordsOf(line);
    if (words.length > 0 && keyOf(words[0] as Word) === undefined) {
      failAt(line, words[0] as Word, 'an option, as in `name: value`');
    }
    for (let at = 0; at < words.length; ) {
      let end = at + 1;
      while (end < words.length && keyOf(words[end] as Word) === undefined) end++;
      this.#option(line, words.slice(at, end));
      at = end;
    }
  }

  #option(line: Line, words: readonly Word[]): void {
    const [first, ...rest] = words as [Word, ...Word[]];
    const { key, value } = keyOf(first) as { key: string; value: string };
    const values = rest.map((word) => word.text);
    if (value !== '') values.unshift(value);
    if (CLAUSES.has(key) && values.length === 0) {
      this.#clauses.push({ name: key, options: [], line: line.number });
      return;
    }
    if (this.#clauses.length === 0) {
      this.#clauses.push({ name: 'server', options: [], line: line.number });
    }
    this.#clauses.at(-1)?.options.push({ key, values, line: line.number, column: first.column });
  }

  #range(line: Line, words: readonly Word[]): void {
    const [first, last] = words.map((word) => wholeNumber(line, word));
    if (first === undefined || last === undefined) fail(line, 'RANGE_BEGIN and two step numbers');
    const addresses: string[] = [];
    const entries: Entry[] = [];
    for (;;) {
      const inner = this.#lines.expect('RANGE_END');
      const [keyword, argument] = wordsOf(inner);
      if (keyword?.text === 'RANGE_END') break;
      if (keyword?.text === 'ADDRESS') addresses.push(addressOf(inner, argument));
      else entries.push(parseEntry(this.#lines, inner, this.#defaults));
    }
    this.#ranges.push({ first, last, addresses, entries });
  }

  #step(line: Line, words: readonly Word[]): void {
    const number = wholeNumber(line, words[0]);
    const before = this.#steps.at(-1);
    if (before !== undefined && number <= before.number) {
      fail(line, `a step number above ${before.number}`);
    }
    let [, keyword, ...rest] = words;
    let address: string | null = null;
    if (keyword?.text === 'ADDRESS') {
      address = addressOf(line, rest[0]);
      [keyword, ...rest] = rest.slice(1);
    } else if (rest[0]?.text === 'ADDRESS') {
      address = addressOf(line, rest[1]);
    }
    this.#steps.push({ number, line: line.number, ...this.#action(line, keyword, rest, address) });
  }

  #action(
    line: Line,
    keyword: Word | undefined,
    rest: readonly Word[],
    address: string | null,
  ): StepAction {
    switch (keyword?.text) {
      case 'QUERY':
        return { kind: 'query', entry: this.#entry(), address };
      case 'CHECK_ANSWER':
        return { kind: 'check-answer', entry: this.#entry(), address };
      case 'CHECK_OUT_QUERY':
        return { kind: 'check-out-query', entry: this.#entry(), address };
      case 'REPLY':
        return { kind: 'reply', entry: this.#entry(), address };
      case 'TIMEOUT':
        return { kind: 'timeout' };
      case 'ERROR':
        return { kind: 'error' };
      case 'NOTHING':
        return { kind: 'nothing' };
      case 'TRAFFIC':
        return { kind: 'traffic' };
      case 'TIME_PASSES':
        return { kind: 'time-passes', seconds: elapseOf(line, rest) };
      case 'ASSIGN':
        return assignmentOf(line);
      case 'CHECK_AUTOTRUST':
        return this.#fileCheck('autotrust', rest);
      case 'CHECK_TEMPFILE':
        return this.#fileCheck('temporary', rest);
      case 'INFRA_RTT':
      case 'FLUSH_MESSAGE':
      case 'EXPIRE_MESSAGE':
        return { kind: 'internal', word: keyword.text };
      default:
        return keyword === undefined
          ? fail(line, 'what happens at the step')
          : failAt(line, keyword, 'what happens at the step');
    }
  }

  #entry(): Entry {
    return parseEntry(this.#lines, this.#lines.expect('ENTRY_BEGIN'), this.#defaults);
  }

  #fileCheck(file: NamedFile['kind'], rest: readonly Word[]): StepAction {
    const begin = this.#lines.expect('FILE_BEGIN');
    if (begin.text !== 'FILE_BEGIN') fail(begin, 'FILE_BEGIN');
    const lines = this.#lines.until('FILE_END');
    return { kind: 'check-file', file, name: rest[0]?.text ?? '', lines };
  }
}

/** The key of a word that begins an option, and the value glued to it; an address is none. */
function keyOf(word: Word): { readonly key: string; readonly value: string } | undefined {
  if (word.quoted) return undefined;
  const [, key, value = ''] = /^([A-Za-z][A-Za-z0-9_-]*):([^:]*)$/.exec(word.text) ?? [];
  if (key === undefined) return undefined;
  return { key, value: value.replace(/^(["'])(.*)\1$/, '$2') };
}

/** `ELAPSE seconds` or `EVAL expression`. */
function elapseOf(line: Line, [kind, amount]: readonly Word[]): string {
  if (kind?.text === 'ELAPSE' && amount !== undefined) {
    if (/^\d{1,10}(\.\d{0,6})?$/.test(amount.text)) return amount.text;
    failAt(line, amount, 'seconds');
  }
  if (kind?.text === 'EVAL') return line.text.slice(kind.column - line.column + 4).trim();
  return fail(line, 'TIME_PASSES ELAPSE seconds, or EVAL and an expression');
}

function assignmentOf(line: Line): StepAction {
  const [, variable, value] = /ASSIGN\s+([A-Za-z0-9_]+)\s*=\s*(.*)$/.exec(line.text) ?? [];
  if (variable === undefined || value === undefined) return fail(line, 'ASSIGN name = value');
  return { kind: 'assign', variable, value };
}

function wholeNumber(line: Line, word: Word | undefined): number {
  if (word === undefined) return fail(line, 'a number');
  return /^\d{1,9}$/.test(word.text) ? Number(word.text) : failAt(line, word, 'a number');
}

function addressOf(line: Line, word: Word | undefined): string {
  if (word === undefined) return fail(line, 'an IP address');
  return canonicalAddress(word.text) ?? failAt(line, word, 'an IP address');
}

function fail(line: Line, expected: string): never {
  throw new ScriptError(line.number, line.column, line.text, expected);
}

function failAt(line: Line, word: Word, expected: string): never {
  throw new ScriptError(line.number, word.column, word.text, expected);
}
