/**
 * Zone files (RFC 1035 section 5, RFC 2308 section 4, RFC 3597 section 5): text to RRsets and back.
 *
 * RRSIGs are attached to the RRsets they cover. Class is IN. `$INCLUDE` needs a file system and
 * `$GENERATE` is no standard: both are refused. Nothing is judged about the zone as a whole.
 *
 * A parser can be made not to know types, as real ones do not know the newer ones: `refusedTypes`
 * are unknown by name, and `unknownTypes` says what then becomes of `TYPE63 \# ...`.
 */

import { MAX_TTL_SECONDS } from '../limits.ts';
import { Name } from '../name/name.ts';
import type { RRset } from '../rrset.ts';
import { TYPE, typeName, typeNumber } from '../wire/iana.ts';
import { RRsetGrouper } from '../wire/rrsets.ts';
import { parseNameOctets } from './escapes.ts';
import { parseRdataTokens, type RdataContext, rrsetLines } from './presentation.ts';
import { parseSpan } from './time.ts';
import { type Entry, type Token, Tokenizer, type TokenProblem } from './tokens.ts';

export interface ZoneFileOptions {
  /** To which names are relative before the first `$ORIGIN`; the root when absent. */
  readonly origin?: Name;
  /** Whether a type that this parser does not know may be written as `TYPE63 \# ...`; it may when absent. */
  readonly unknownTypes?: 'refuse' | 'rfc3597';
  /** Types whose mnemonics this parser does not know. */
  readonly refusedTypes?: ReadonlySet<number>;
}

export type ZoneFileErrorCode =
  | TokenProblem['code']
  | 'unknown-directive'
  | 'bad-directive'
  | 'no-owner'
  | 'bad-owner'
  | 'no-type'
  | 'no-ttl'
  | 'class'
  | 'unknown-type'
  | 'bad-rdata';

export interface ZoneFileError {
  readonly code: ZoneFileErrorCode;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** A sentence without position. */
  readonly message: string;
}

export type ZoneFile =
  | { readonly ok: true; readonly rrsets: readonly RRset[] }
  /** At least one error, at most `MAX_ERRORS`, in order of lines. */
  | { readonly ok: false; readonly errors: readonly ZoneFileError[] };

/** Errors after which reading stops. */
const MAX_ERRORS = 20;

/** RRsets of a zone file, in order of first appearance. */
export function readZone(text: string, options: ZoneFileOptions = {}): ZoneFile {
  return new ZoneReader(text, options).read();
}

/** One record per line, names absolute, each RRset followed by its signatures; asks for those. */
export function writeZone(rrsets: Iterable<RRset>): string {
  let text = '';
  for (const rrset of rrsets) text += `${rrsetLines(rrset, true).join('\n')}\n`;
  return text;
}

class ZoneReader {
  readonly #tokenizer: Tokenizer;
  readonly #refused: ReadonlySet<number>;
  readonly #acceptsUnknown: boolean;
  readonly #grouper = new RRsetGrouper();
  readonly #errors: ZoneFileError[] = [];
  #context: RdataContext;
  #owner: Name | undefined;
  /** Token text from which `#owner` was made under the present origin. */
  #ownerText: string | undefined;
  /** `$TTL` (RFC 2308 section 4). */
  #defaultTtl: number | undefined;
  /** RFC 1035 section 5.1: an omitted TTL is the last one stated. */
  #lastTtl: number | undefined;

  constructor(text: string, options: ZoneFileOptions) {
    this.#tokenizer = new Tokenizer(text);
    this.#refused = options.refusedTypes ?? new Set();
    this.#acceptsUnknown = options.unknownTypes !== 'refuse';
    this.#context = {
      origin: (options.origin ?? Name.root).wire,
      typeNumber: (mnemonic) => this.#typeNumber(mnemonic),
    };
  }

  read(): ZoneFile {
    while (this.#errors.length < MAX_ERRORS) {
      const entry = this.#tokenizer.next();
      if (entry === undefined) break;
      if (entry.kind === 'problem') {
        const { code, line, column } = entry;
        this.#errors.push({ code, line, column, message: TOKEN_MESSAGES[code] });
        break;
      }
      this.#entry(entry);
    }
    if (this.#errors.length > 0) return { ok: false, errors: this.#errors };
    return { ok: true, rrsets: this.#grouper.finish() };
  }

  #entry(entry: Entry): void {
    const { tokens } = entry;
    const first = tokens[0] as Token;
    if (!entry.inheritsOwner && !first.quoted && first.text.startsWith('$')) {
      this.#directive(first, tokens);
      return;
    }
    if (!entry.inheritsOwner && !this.#readOwner(first)) return;
    if (this.#owner === undefined) {
      this.#error('no-owner', first, 'the first record of a file names its owner');
      return;
    }
    this.#record(this.#owner, tokens, entry.inheritsOwner ? 0 : 1);
  }

  #readOwner(token: Token): boolean {
    if (token.text === this.#ownerText) return true;
    const octets = parseNameOctets(token.text, this.#context.origin);
    if (typeof octets === 'string') {
      this.#owner = undefined;
      this.#ownerText = undefined;
      this.#error('bad-owner', token, `owner name: ${octets}`);
      return false;
    }
    this.#owner = Name.fromWire(octets);
    this.#ownerText = token.text;
    return true;
  }

  /** `[TTL] [class] type RDATA` or `[class] [TTL] type RDATA` (RFC 1035 section 5.1). */
  #record(owner: Name, tokens: readonly Token[], from: number): void {
    let at = from;
    let stated: number | undefined;
    let hasClass = false;
    for (; at < tokens.length; at++) {
      const { text } = tokens[at] as Token;
      if (stated === undefined && /^\d/.test(text)) {
        stated = parseSpan(text);
        if (stated === undefined) break;
      } else if (!hasClass && CLASSES.test(text)) {
        if (!/^(IN|CLASS1)$/i.test(text)) {
          this.#error('class', tokens[at] as Token, `class ${text} is not supported, only IN is`);
          return;
        }
        hasClass = true;
      } else {
        break;
      }
    }
    const token = tokens[at];
    if (token === undefined) {
      this.#error('no-type', tokens[at - 1] as Token, 'the record ends before its type');
      return;
    }
    const type = this.#typeNumber(token.text);
    if (type === undefined) {
      this.#error('unknown-type', token, `unknown record type ${token.text}`);
      return;
    }
    if (!isDataType(type)) {
      this.#error('unknown-type', token, `${token.text} is no type of data`);
      return;
    }
    this.#rdata(owner, stated, type, token, tokens.slice(at + 1));
  }

  #rdata(
    owner: Name,
    stated: number | undefined,
    type: number,
    typeToken: Token,
    tokens: readonly Token[],
  ): void {
    const rdata = parseRdataTokens(type, tokens, this.#context);
    if (!(rdata instanceof Uint8Array)) {
      this.#error('bad-rdata', rdata.token ?? typeToken, rdata.message);
      return;
    }
    if (stated !== undefined) this.#lastTtl = stated;
    const ttl = stated ?? this.#defaultTtl ?? this.#lastTtl;
    if (ttl === undefined) {
      this.#error('no-ttl', typeToken, 'no TTL: neither here, nor before, nor by $TTL');
      return;
    }
    this.#grouper.add(owner, type, ttl, rdata);
  }

  #directive(first: Token, tokens: readonly Token[]): void {
    const argument = tokens[1];
    switch (first.text.toUpperCase()) {
      case '$ORIGIN': {
        const octets = parseNameOctets(argument?.text ?? '', this.#context.origin);
        if (typeof octets === 'string') {
          this.#error('bad-directive', argument ?? first, `$ORIGIN wants a name: ${octets}`);
          return;
        }
        this.#context = { ...this.#context, origin: octets };
        this.#ownerText = undefined;
        return;
      }
      case '$TTL': {
        const ttl = parseSpan(argument?.text ?? '');
        if (ttl === undefined || ttl > MAX_TTL_SECONDS) {
          this.#error('bad-directive', argument ?? first, '$TTL wants seconds or a span');
          return;
        }
        this.#defaultTtl = ttl;
        return;
      }
      default:
        this.#error('unknown-directive', first, `directive ${first.text} is not supported`);
    }
  }

  #typeNumber(text: string): number | undefined {
    const type = typeNumber(text);
    if (type === undefined) return undefined;
    const isKnown = typeName(type) !== `TYPE${type}` && !this.#refused.has(type);
    if (isKnown) return type;
    return this.#acceptsUnknown && /^TYPE/i.test(text) ? type : undefined;
  }

  #error(code: ZoneFileErrorCode, token: Token, message: string): void {
    this.#errors.push({ code, line: token.line, column: token.column, message });
  }
}

/** RFC 6895 section 3.1: 0, OPT, and the range of QTYPEs and meta-TYPEs hold no data. */
function isDataType(type: number): boolean {
  return type !== 0 && type !== TYPE.OPT && !(type >= 128 && type <= 255);
}

const CLASSES = /^(IN|CH|HS|CS|ANY|NONE|CLASS\d{1,5})$/i;

const TOKEN_MESSAGES: Readonly<Record<TokenProblem['code'], string>> = {
  'unclosed-quote': 'the quote is not closed on its line',
  'unclosed-parenthesis': 'the parenthesis is not closed',
  'unopened-parenthesis': 'the parenthesis closes nothing',
  'bad-escape': 'nothing follows the backslash',
};
