/**
 * The tokens of a master file (RFC 1035 section 5.1): entries of white-space separated tokens, with
 * quotes, comments, escapes, and parentheses that join lines. A token keeps its escapes; what they
 * mean depends on where it stands (`escapes.ts`).
 *
 * A quote inside a token counts when it follows `=` (RFC 9460 appendix A: `alpn="h2,h3"`).
 */

export interface Token {
  /** Without the quotes, escapes as written. */
  readonly text: string;
  readonly quoted: boolean;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

export interface Entry {
  readonly kind: 'entry';
  /** The entry begins with white space: its owner is that of the entry before. */
  readonly inheritsOwner: boolean;
  /** At least one. */
  readonly tokens: readonly Token[];
}

export interface TokenProblem {
  readonly kind: 'problem';
  readonly code: 'unclosed-quote' | 'unclosed-parenthesis' | 'unopened-parenthesis' | 'bad-escape';
  readonly line: number;
  readonly column: number;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Splits text into entries, one call each; after a problem there is nothing more to be had. */
export class Tokenizer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next entry that has tokens; undefined at the end. */
  next(): Entry | TokenProblem | undefined {
    while (this.#at < this.#text.length) {
      const entry = this.#entry();
      if (entry.kind === 'problem' || entry.tokens.length > 0) return entry;
    }
    return undefined;
  }

  #entry(): Entry | TokenProblem {
    const text = this.#text;
    const tokens: Token[] = [];
    const first = text.charCodeAt(this.#at);
    const inheritsOwner = first === SPACE || first === TAB;
    let open: TokenProblem | undefined;
    while (this.#at < text.length) {
      const c = text.charCodeAt(this.#at);
      if (c === LF) {
        this.#at++;
        this.#line++;
        this.#lineStart = this.#at;
        if (open === undefined) break;
      } else if (c === SPACE || c === TAB || c === CR) {
        this.#at++;
      } else if (c === SEMICOLON) {
        const end = text.indexOf('\n', this.#at);
        this.#at = end < 0 ? text.length : end;
      } else if (c === OPEN) {
        if (open !== undefined) return open; // RFC 1035 does not nest them: the first is unclosed
        open = this.#problem('unclosed-parenthesis', this.#at++);
      } else if (c === CLOSE) {
        if (open === undefined) return this.#problem('unopened-parenthesis', this.#at);
        open = undefined;
        this.#at++;
      } else {
        const token = c === QUOTE ? this.#quoted() : this.#plain();
        if ('kind' in token) return token;
        tokens.push(token);
      }
    }
    return open ?? { kind: 'entry', inheritsOwner, tokens };
  }

  #quoted(): Token | TokenProblem {
    const start = this.#at;
    const end = this.#closingQuote(start);
    if (end < 0) return this.#problem('unclosed-quote', start);
    this.#at = end + 1;
    return this.#token(this.#text.slice(start + 1, end), true, start);
  }

  #plain(): Token | TokenProblem {
    const text = this.#text;
    const start = this.#at;
    let unquoted = '';
    let from = start;
    for (; this.#at < text.length; this.#at++) {
      const c = text.charCodeAt(this.#at);
      if (c === SPACE || c === TAB || c === LF || c === CR) break;
      if (c === SEMICOLON || c === OPEN || c === CLOSE) break;
      if (c === QUOTE) {
        if (text.charCodeAt(this.#at - 1) !== EQUALS) break;
        const end = this.#closingQuote(this.#at);
        if (end < 0) return this.#problem('unclosed-quote', this.#at);
        unquoted += text.slice(from, this.#at) + text.slice(this.#at + 1, end);
        from = end + 1;
        this.#at = end;
      } else if (c === BACKSLASH) {
        const escaped = text.charCodeAt(this.#at + 1);
        if (Number.isNaN(escaped) || escaped === LF) return this.#problem('bad-escape', this.#at);
        this.#at++;
      }
    }
    return this.#token(unquoted + text.slice(from, this.#at), false, start);
  }

  /** Offset of the quote that closes the one at `start`, on the same line; -1 when there is none. */
  #closingQuote(start: number): number {
    for (let i = start + 1; i < this.#text.length; i++) {
      const c = this.#text.charCodeAt(i);
      if (c === QUOTE) return i;
      if (c === LF) return -1;
      if (c === BACKSLASH && this.#text.charCodeAt(i + 1) !== LF) i++;
    }
    return -1;
  }

  #token(text: string, quoted: boolean, start: number): Token {
    return { text, quoted, line: this.#line, column: start - this.#lineStart + 1 };
  }

  #problem(code: TokenProblem['code'], at: number): TokenProblem {
    return { kind: 'problem', code, line: this.#line, column: at - this.#lineStart + 1 };
  }
}
