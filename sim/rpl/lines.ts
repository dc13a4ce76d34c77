/** The lines of a replay script, one after another, with their positions. */

import { ScriptError } from './script.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without white space at both ends. */
  readonly text: string;
  /** Of the first character of `text`, from 1. */
  readonly column: number;
  /** As it stands, without white space at its end. */
  readonly whole: string;
}

/** A word of a line, and where it begins. */
export interface Word {
  readonly text: string;
  readonly quoted: boolean;
  readonly column: number;
}

export class Lines {
  readonly #lines: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#lines = text.split(/\r?\n/);
  }

  /** The next line as it stands; undefined at the end. */
  raw(): Line | undefined {
    const line = this.#lines[this.#next];
    if (line === undefined) return undefined;
    this.#next++;
    const whole = line.trimEnd();
    const text = whole.trimStart();
    return { number: this.#next, text, column: whole.length - text.length + 1, whole };
  }

  /** The next line that has more than a comment (`;`). */
  next(): Line | undefined {
    for (let line = this.raw(); line !== undefined; line = this.raw()) {
      if (line.text !== '' && !line.text.startsWith(';')) return line;
    }
    return undefined;
  }

  /** As `next`, but there must be one. */
  expect(what: string): Line {
    const line = this.next();
    if (line === undefined) throw new ScriptError(this.#lines.length, 1, 'the end', what);
    return line;
  }

  /** The lines up to the one that begins with `end`, as they stand. */
  until(end: string): string[] {
    const out: string[] = [];
    for (let line = this.raw(); line !== undefined; line = this.raw()) {
      if (line.text.startsWith(end)) return out;
      out.push(line.whole);
    }
    throw new ScriptError(this.#lines.length, 1, 'the end', end);
  }
}

/** The words of a line up to a comment that begins with `;` or `#`; quotes of both kinds join words. */
export function wordsOf(line: Line, from = 0): Word[] {
  const { text } = line;
  const out: Word[] = [];
  let at = from;
  while (at < text.length) {
    const c = text[at] as string;
    if (c === ' ' || c === '\t') {
      at++;
    } else if (c === ';' || c === '#') {
      break;
    } else {
      const column = line.column + at;
      const isQuoted = c === '"' || c === "'";
      const [word, end] = isQuoted ? quoted(line, at) : plain(text, at);
      out.push({ text: word, quoted: isQuoted, column });
      at = end;
    }
  }
  return out;
}

function quoted(line: Line, start: number): [string, number] {
  const quote = line.text[start] as string;
  const end = line.text.indexOf(quote, start + 1);
  if (end < 0) {
    throw new ScriptError(line.number, line.column + start, quote, 'a quote that is closed');
  }
  return [line.text.slice(start + 1, end), end + 1];
}

function plain(text: string, start: number): [string, number] {
  let end = start;
  while (end < text.length && !/[\s;]/.test(text[end] as string)) end++;
  return [text.slice(start, end), end];
}
