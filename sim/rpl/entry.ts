/**
 * ENTRY_BEGIN to ENTRY_END: what a query or answer must match, what is adjusted, and a message
 * written record by record. Records without a TTL live 3600 seconds, as Unbound's own reader has it;
 * RRSIGs go to the RRset that they cover.
 */

import type { Edns, EdnsOption, ExtendedError, Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { fromHex } from '../../resolver-core/text/encoding.ts';
import { parseNameOctets } from '../../resolver-core/text/escapes.ts';
import { parseSpan } from '../../resolver-core/text/time.ts';
import { type Token, Tokenizer } from '../../resolver-core/text/tokens.ts';
import { readExtendedError } from '../../resolver-core/wire/ede.ts';
import { CLASS, EDNS_OPTION, TYPE, typeNumber } from '../../resolver-core/wire/iana.ts';
import { isWellFormed } from '../../resolver-core/wire/layout.ts';
import { readMessage } from '../../resolver-core/wire/read.ts';
import { RRsetGrouper } from '../../resolver-core/wire/rrsets.ts';
import { lenientRdata } from './lenient.ts';
import { type Line, type Lines, type Word, wordsOf } from './lines.ts';
import { type Adjust, type Entry, type Match, ScriptError } from './script.ts';

const DEFAULT_TTL = 3600;

/** Words of MATCH, of Unbound's dialect and Deckard's. */
const MATCH_WORDS: ReadonlySet<string> = new Set([
  ...['opcode', 'qtype', 'qname', 'qcase', 'subdomain', 'question', 'rcode', 'flags', 'reply'],
  ...['answer', 'authority', 'additional', 'all', 'all_noedns', 'ttl', 'DO', 'noedns', 'edns'],
  ...['ednsdata', 'nsid', 'UDP', 'TCP', 'client_cookie', 'server_cookie'],
]);

const ADJUST_WORDS: ReadonlySet<string> = new Set([
  ...['copy_id', 'copy_query', 'copy_ednsdata_assume_clientsubnet', 'increment_ecs_scope'],
  ...['do_not_answer', 'server_cookie'],
]);

const OPCODES: Readonly<Record<string, number>> = {
  QUERY: 0,
  IQUERY: 1,
  STATUS: 2,
  NOTIFY: 4,
  UPDATE: 5,
};

const RCODES: Readonly<Record<string, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMPL: 4,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
  BADCOOKIE: 23,
};

type Section = 'QUESTION' | 'ANSWER' | 'AUTHORITY' | 'ADDITIONAL';

interface EntryRecord {
  readonly section: Exclude<Section, 'QUESTION'>;
  readonly name: Name;
  readonly type: number;
  readonly ttl: number;
  readonly rdata: Uint8Array;
}

/** Origin and TTL that records take when they state none; they last for the whole script. */
export interface RecordDefaults {
  origin: Uint8Array;
  ttl: number;
}

export function newDefaults(): RecordDefaults {
  return { origin: Name.root.wire, ttl: DEFAULT_TTL };
}

/** Reads up to ENTRY_END; `first` is the line that says ENTRY_BEGIN. */
export function parseEntry(lines: Lines, first: Line, defaults: RecordDefaults): Entry {
  if (!first.text.startsWith('ENTRY_BEGIN')) fail(first, 'ENTRY_BEGIN');
  const reader = new EntryReader(first.number, defaults);
  for (;;) {
    const line = lines.expect('ENTRY_END');
    const [keyword = ''] = line.text.split(/[\s;]/, 1);
    switch (keyword) {
      case 'ENTRY_END':
        return reader.finish();
      case 'HEX_ANSWER_BEGIN':
        reader.hexAnswer(hexOf(lines.until('HEX_ANSWER_END'), line));
        break;
      case 'HEX_EDNSDATA_BEGIN':
        reader.ednsData(hexOf(lines.until('HEX_EDNSDATA_END'), line), line);
        break;
      default:
        reader.line(keyword, line);
    }
  }
}

class EntryReader {
  readonly #line: number;
  readonly #defaults: RecordDefaults;
  readonly #match = new Set<string>();
  readonly #adjust = new Set<string>();
  readonly #flags = new Set<string>();
  readonly #sections = {
    ANSWER: new RRsetGrouper(),
    AUTHORITY: new RRsetGrouper(),
    ADDITIONAL: new RRsetGrouper(),
  };
  readonly #options: EdnsOption[] = [];
  readonly #errors: ExtendedError[] = [];
  #section: Section = 'QUESTION';
  #ede: number | 'any' | null = null;
  #serial: number | null = null;
  #opcode = 0;
  #rcode = 0;
  #question: Message['question'] = null;
  #questionClass = 0;
  #malformed = false;
  #extraPackets = false;
  readonly #signatures: EntryRecord[] = [];
  /** Sections in which a type of a name stands, by both. */
  readonly #sectionOf = new Map<string, EntryRecord['section'][]>();
  #hasEdns = false;
  #packet: Message | undefined;

  constructor(line: number, defaults: RecordDefaults) {
    this.#line = line;
    this.#defaults = defaults;
  }

  line(keyword: string, line: Line): void {
    switch (keyword) {
      case 'MATCH':
        for (const word of wordsOf(line).slice(1)) this.#matchWord(word, line);
        return;
      case 'ADJUST':
        for (const word of wordsOf(line).slice(1)) this.#adjustWord(word, line);
        return;
      case 'REPLY':
        for (const word of wordsOf(line).slice(1)) this.#replyWord(word, line);
        return;
      case 'SECTION':
        this.#section = sectionOf(line);
        return;
      case 'EXTRA_PACKET':
        this.#extraPackets = true;
        return;
      case '$ORIGIN':
        this.#defaults.origin = nameOctets(argumentOf(line), line, this.#defaults);
        return;
      case '$TTL':
        this.#defaults.ttl = ttlOf(argumentOf(line), line);
        return;
      default:
        this.#record(line);
    }
  }

  #matchWord(word: Word, line: Line): void {
    const [, key, value] = /^(ede|serial)[=:](\d+|any)$/.exec(word.text) ?? [];
    if (key === 'ede') this.#ede = value === 'any' ? value : Number(value);
    else if (key === 'serial' && value !== 'any') this.#serial = Number(value);
    else if (MATCH_WORDS.has(word.text)) this.#match.add(word.text);
    else failAt(line, word, 'a word of MATCH');
  }

  #adjustWord(word: Word, line: Line): void {
    if (/^(packet_)?sleep=\d+$/.test(word.text)) return; // answers come when the script says so
    if (!ADJUST_WORDS.has(word.text)) failAt(line, word, 'a word of ADJUST');
    this.#adjust.add(word.text);
  }

  #replyWord(word: Word, line: Line): void {
    const { text } = word;
    const rcode = RCODES[text];
    const opcode = OPCODES[text];
    if (opcode !== undefined) this.#opcode = opcode;
    else if (rcode !== undefined) this.#rcode = rcode;
    else if (/^(QR|AA|TC|RD|RA|AD|CD|DO)$/.test(text)) this.#flags.add(text);
    else failAt(line, word, 'a flag, an RCODE or an opcode');
  }

  #record(line: Line): void {
    const tokenizer = new Tokenizer(line.text);
    const entry = tokenizer.next();
    if (entry === undefined) return;
    if (entry.kind === 'problem') {
      throw new ScriptError(line.number, line.column + entry.column - 1, line.text, 'a record');
    }
    const [owner, ...rest] = entry.tokens as [Token, ...Token[]];
    const name = Name.fromWire(nameOctets(owner.text, line, this.#defaults));
    const { at, ttl, className } = prefixOf(rest, line);
    const typeToken = rest[at];
    const type = typeToken === undefined ? undefined : typeNumber(typeToken.text);
    if (type === undefined) failToken(line, typeToken, 'a record type');
    if (this.#section === 'QUESTION') {
      this.#question = { name, type };
      this.#questionClass = classNumber(className);
      return;
    }
    // As `wire/read.ts` does: the core has no other class, and a stray record is no reason to lose a message.
    if (!/^(IN|CLASS1)$/i.test(className)) return;
    const rdata = this.#rdata(type, rest.slice(at + 1), line);
    if (rdata === undefined) return;
    const section = this.#section;
    const record = { section, name, type, ttl: ttl ?? this.#defaults.ttl, rdata };
    if (type === TYPE.RRSIG) this.#signatures.push(record);
    else this.#add(record);
  }

  #add({ section, name, type, ttl, rdata }: EntryRecord): void {
    this.#sections[section].add(name, type, ttl, rdata);
    const key = `${type} ${name.key}`;
    if (!this.#sectionOf.has(key)) this.#sectionOf.set(key, []);
    this.#sectionOf.get(key)?.push(section);
  }

  /** Signatures go to the RRset they cover, in their own section or else in another: scripts count on that. */
  #addSignatures(): void {
    for (const { section, name, ttl, rdata } of this.#signatures) {
      const covered = ((rdata[0] as number) << 8) | (rdata[1] as number);
      const sections = this.#sectionOf.get(`${covered} ${name.key}`) ?? [];
      const target = sections.includes(section) ? section : (sections[0] ?? section);
      this.#sections[target].add(name, TYPE.RRSIG, ttl, rdata);
    }
  }

  /** undefined: octets that are not of this type, which make the packet malformed. */
  #rdata(type: number, tokens: readonly Token[], line: Line): Uint8Array | undefined {
    if (tokens[0]?.text === '\\#') {
      const octets = fromHex(
        tokens
          .slice(2)
          .map((token) => token.text)
          .join(''),
      );
      if (octets === undefined || String(octets.length) !== tokens[1]?.text) {
        return failToken(line, tokens[1], 'the length and the octets of the RDATA');
      }
      if (isWellFormed(type, octets)) return octets;
      this.#malformed = true;
      return undefined;
    }
    const rdata = lenientRdata(type, tokens, { origin: this.#defaults.origin, typeNumber });
    if (rdata instanceof Uint8Array) return rdata;
    return failToken(line, rdata.token, `RDATA: ${rdata.message}`);
  }

  hexAnswer(octets: Uint8Array): void {
    const read = readMessage(octets);
    if (read.ok) this.#packet = read.message;
    else this.#malformed = true;
  }

  /** EDNS options as they stand in an OPT record (RFC 6891 section 6.1.2). */
  ednsData(octets: Uint8Array, line: Line): void {
    this.#hasEdns = true;
    for (let at = 0; at < octets.length; ) {
      const code = u16(octets, at);
      const end = at + 4 + u16(octets, at + 2);
      if (Number.isNaN(end) || end > octets.length) fail(line, 'EDNS options in hexadecimal');
      const data = octets.slice(at + 4, end);
      const error = code === EDNS_OPTION.EDE ? readExtendedError(data) : undefined;
      if (error === undefined) this.#options.push({ code, data });
      else this.#errors.push(error);
      at = end;
    }
  }

  finish(): Entry {
    this.#addSignatures();
    const match: Match = { words: this.#match, ede: this.#ede, serial: this.#serial };
    const adjust: Adjust = { words: this.#adjust };
    const message = this.#message();
    return {
      line: this.#line,
      match,
      adjust,
      message,
      packet: this.#packet ?? message,
      questionClass: this.#questionClass,
      malformed: this.#malformed,
      extraPackets: this.#extraPackets,
    };
  }

  #message(): Message {
    const flags = this.#flags;
    return {
      response: flags.has('QR'),
      opcode: this.#opcode,
      rcode: this.#rcode,
      authoritative: flags.has('AA'),
      truncated: flags.has('TC'),
      recursionDesired: flags.has('RD'),
      recursionAvailable: flags.has('RA'),
      authenticatedData: flags.has('AD'),
      checkingDisabled: flags.has('CD'),
      question: this.#question,
      answer: this.#sections.ANSWER.finish(),
      authority: this.#sections.AUTHORITY.finish(),
      additional: this.#sections.ADDITIONAL.finish(),
      edns: this.#edns(),
      dnssec: this.#signatures.length > 0,
    };
  }

  #edns(): Edns | null {
    const dnssecOk = this.#flags.has('DO');
    if (!dnssecOk && !this.#hasEdns) return null;
    const [extendedErrors, options] = [this.#errors, this.#options];
    return { version: 0, udpSize: 4096, dnssecOk, extendedErrors, options };
  }
}

/** TTL and class in either order, before the type. */
function prefixOf(
  tokens: readonly Token[],
  line: Line,
): { at: number; ttl: number | undefined; className: string } {
  let at = 0;
  let ttl: number | undefined;
  let className: string | undefined;
  for (; at < tokens.length; at++) {
    const { text } = tokens[at] as Token;
    if (ttl === undefined && /^\d/.test(text)) ttl = ttlOf(text, line);
    else if (className === undefined && /^(IN|CH|HS|CS|NONE|ANY|CLASS\d{1,5})$/i.test(text)) {
      className = text;
    } else break;
  }
  // `example.com. ANY`: the only word left is the type.
  if (at === tokens.length && className !== undefined) return { at: at - 1, ttl, className: 'IN' };
  return { at, ttl, className: className ?? 'IN' };
}

function classNumber(text: string): number {
  const known = (CLASS as Readonly<Record<string, number>>)[text.toUpperCase()];
  return known ?? Number(/\d+$/.exec(text)?.[0] ?? 0);
}

function sectionOf(line: Line): Section {
  const text = argumentOf(line);
  const known = (['QUESTION', 'ANSWER', 'AUTHORITY', 'ADDITIONAL'] as const).find((section) => {
    return section === text;
  });
  return known ?? fail(line, 'SECTION QUESTION, ANSWER, AUTHORITY or ADDITIONAL');
}

function argumentOf(line: Line): string {
  return wordsOf(line)[1]?.text ?? '';
}

function nameOctets(text: string, line: Line, defaults: RecordDefaults): Uint8Array {
  const octets = parseNameOctets(text, defaults.origin);
  return typeof octets === 'string' ? fail(line, `a domain name (${octets})`) : octets;
}

function ttlOf(text: string, line: Line): number {
  return parseSpan(text) ?? fail(line, 'a TTL in seconds');
}

/** Octets of lines of hexadecimal digits with comments. */
function hexOf(lines: readonly string[], first: Line): Uint8Array {
  const digits = lines.map((line) => line.replace(/;.*/, '').replace(/\s/g, '')).join('');
  return fromHex(digits) ?? fail(first, 'pairs of hexadecimal digits');
}

function u16(octets: Uint8Array, at: number): number {
  const [high, low] = [octets[at], octets[at + 1]];
  return high === undefined || low === undefined ? Number.NaN : high * 256 + low;
}

function fail(line: Line, expected: string): never {
  throw new ScriptError(line.number, line.column, line.text, expected);
}

function failAt(line: Line, word: Word, expected: string): never {
  throw new ScriptError(line.number, word.column, word.text, expected);
}

function failToken(line: Line, token: Token | undefined, expected: string): never {
  const column = token === undefined ? line.text.length + 1 : token.column;
  throw new ScriptError(line.number, line.column + column - 1, token?.text ?? '', expected);
}
