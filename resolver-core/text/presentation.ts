/**
 * RDATA as presentation text and back, by the layouts of `wire/layout.ts`; the generic form of RFC
 * 3597 section 5 for every other type, and on input for the known ones too.
 *
 * Names in RDATA keep the case in which they are written. RDATA that does not have the layout of
 * its type is printed in the generic form, so that nothing is unprintable.
 */

import { Name } from '../name/name.ts';
import { TypeBitmap } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { ALGORITHM, TYPE, typeName, typeNumber } from '../wire/iana.ts';
import { type Field, fieldEnd, isWellFormed, layoutOf, type RdataLayout } from '../wire/layout.ts';
import { rrsigRdata } from '../wire/rrsets.ts';
import { ipv4Text, ipv6Text, parseIpv4, parseIpv6 } from './address.ts';
import { fromBase32Hex, fromBase64, fromHex, toBase32Hex, toBase64, toHex } from './encoding.ts';
import { escapeOctets, nameText, parseNameOctets, unescapeOctets } from './escapes.ts';
import { parseSvcParams, svcParamsText } from './svcb.ts';
import { parseSpan, parseTime, parseUnsigned, timeText } from './time.ts';
import { type Token, Tokenizer } from './tokens.ts';

// ---- to text ----

/** One line per record, names absolute, the signatures last when they are wanted: asks for those. */
export function rrsetLines(rrset: RRset, withSignatures: boolean): string[] {
  const prefix = `${rrset.name}\t${rrset.ttl}\tIN\t`;
  const mnemonic = typeName(rrset.type);
  const lines = rrset.rdata.map((rdata) => `${prefix}${mnemonic}\t${rdataText(rrset.type, rdata)}`);
  if (!withSignatures) return lines;
  for (const rrsig of rrset.signatures) {
    lines.push(`${prefix}RRSIG\t${rdataText(TYPE.RRSIG, rrsigRdata(rrsig))}`);
  }
  return lines;
}

/** Presentation text of uncompressed RDATA, on one line, names absolute. */
export function rdataText(type: number, rdata: Uint8Array): string {
  const layout = layoutOf(type);
  if (layout === undefined || !isWellFormed(type, rdata)) return genericText(rdata);
  const words: string[] = [];
  let at = 0;
  for (const field of layout.fields) {
    const end = fieldEnd(field, rdata, at, rdata.length);
    if (field === 'tag' && !TAG.test(octetText(rdata, at + 1, end))) return genericText(rdata);
    words.push(...fieldText(field, rdata, at, end));
    at = end;
  }
  return words.join(' ');
}

/** `\# length hex` (RFC 3597 section 5). */
export function genericText(rdata: Uint8Array): string {
  return rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${toHex(rdata)}`;
}

/** RFC 8659 section 4.1: tags are letters and digits. */
const TAG = /^[A-Za-z0-9]+$/;

function fieldText(field: Field, rdata: Uint8Array, at: number, end: number): readonly string[] {
  switch (field) {
    case 'u8':
    case 'algorithm':
    case 'u16':
    case 'u32':
    case 'seconds':
      return [String(unsigned(rdata, at, end))];
    case 'type':
      return [typeName(unsigned(rdata, at, end))];
    case 'time':
      return [timeText(unsigned(rdata, at, end))];
    case 'ipv4':
      return [ipv4Text(rdata, at)];
    case 'ipv6':
      return [ipv6Text(rdata, at)];
    case 'compressed-name':
    case 'decompressed-name':
    case 'name':
      return [nameText(rdata, at)];
    case 'string':
      return [`"${escapeOctets(rdata, at + 1, end)}"`];
    case 'strings':
      return stringTexts(rdata, at, end);
    case 'salt':
      return [end === at + 1 ? '-' : toHex(rdata.subarray(at + 1, end))];
    case 'hash':
      return [toBase32Hex(rdata.subarray(at + 1, end))];
    case 'tag':
      return [octetText(rdata, at + 1, end)];
    case 'hex':
      return [toHex(rdata.subarray(at, end))];
    case 'base64':
      return [toBase64(rdata.subarray(at, end))];
    case 'text':
      return [`"${escapeOctets(rdata, at, end)}"`];
    case 'bitmap':
      return new TypeBitmap(rdata.subarray(at, end)).types().map(typeName);
    case 'svc-params':
      return svcParamsText(rdata, at);
  }
}

function stringTexts(rdata: Uint8Array, at: number, end: number): readonly string[] {
  const out: string[] = [];
  for (let position = at; position < end; ) {
    const next = position + 1 + (rdata[position] as number);
    out.push(`"${escapeOctets(rdata, position + 1, next)}"`);
    position = next;
  }
  return out;
}

function octetText(rdata: Uint8Array, at: number, end: number): string {
  return String.fromCharCode(...rdata.subarray(at, end));
}

function unsigned(rdata: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = at; i < end; i++) value = value * 256 + (rdata[i] as number);
  return value;
}

// ---- text to RDATA ----

/** Why text is not the RDATA of a type. */
export interface RdataProblem {
  readonly kind: 'rdata-problem';
  /** A sentence without position. */
  readonly message: string;
  /** The token at fault; undefined when one is missing. */
  readonly token: Token | undefined;
}

export interface RdataContext {
  /** Wire form of the name to which relative names are relative. */
  readonly origin: Uint8Array;
  /** How mnemonics of types are read in RRSIG, NSEC, NSEC3 and CSYNC. */
  readonly typeNumber: (text: string) => number | undefined;
}

const ROOT_CONTEXT: RdataContext = { origin: Name.root.wire, typeNumber };

/** RDATA of `type` from one line of text, relative names under the root: `parseRdata(1, '192.0.2.1')`. */
export function parseRdata(type: number, text: string): Uint8Array | RdataProblem {
  const tokenizer = new Tokenizer(text);
  const entry = tokenizer.next();
  if (entry?.kind === 'problem') return problem(entry.code, undefined);
  const rest = tokenizer.next();
  if (rest !== undefined) return problem('more than one line', undefined);
  return parseRdataTokens(type, entry?.tokens ?? [], ROOT_CONTEXT);
}

/** RDATA of `type` from the tokens behind the type. */
export function parseRdataTokens(
  type: number,
  tokens: readonly Token[],
  context: RdataContext,
): Uint8Array | RdataProblem {
  const first = tokens[0];
  if (first !== undefined && first.text === '\\#' && !first.quoted)
    return parseGeneric(type, tokens);
  const layout = layoutOf(type);
  if (layout === undefined) {
    return problem(`RDATA of ${typeName(type)} is written as \\# length hex`, first);
  }
  const parser = new RdataParser(tokens, context);
  return parser.parse(layout) ?? (parser.problem as RdataProblem);
}

function parseGeneric(type: number, tokens: readonly Token[]): Uint8Array | RdataProblem {
  const length = parseUnsigned(tokens[1]?.text ?? '', 0xffff);
  if (length === undefined) return problem('expected the length of the RDATA', tokens[1]);
  const rdata = fromHex(joined(tokens.slice(2)));
  if (rdata === undefined) return problem('expected hexadecimal digits', tokens[2]);
  if (rdata.length !== length) {
    return problem(`RDATA has ${rdata.length} octets, not ${length}`, tokens[1]);
  }
  if (!isWellFormed(type, rdata)) {
    return problem(`these octets are not RDATA of ${typeName(type)}`, tokens[2]);
  }
  return rdata;
}

class RdataParser {
  readonly #tokens: readonly Token[];
  readonly #context: RdataContext;
  readonly #out: number[] = [];
  #next = 0;
  problem: RdataProblem | undefined;

  constructor(tokens: readonly Token[], context: RdataContext) {
    this.#tokens = tokens;
    this.#context = context;
  }

  parse(layout: RdataLayout): Uint8Array | undefined {
    for (const field of layout.fields) {
      const octets = this.#field(field);
      if (octets === undefined) return undefined;
      for (const octet of octets) this.#out.push(octet);
    }
    const extra = this.#tokens[this.#next];
    if (extra !== undefined) return this.#fail('unexpected text behind the RDATA', extra);
    if (this.#out.length > 0xffff) return this.#fail('RDATA of more than 65,535 octets', undefined);
    return Uint8Array.from(this.#out);
  }

  #field(field: Field): (ArrayLike<number> & Iterable<number>) | undefined {
    switch (field) {
      case 'strings':
      case 'hex':
      case 'base64':
      case 'bitmap':
      case 'svc-params':
        return this.#rest(field);
    }
    const token = this.#tokens[this.#next++];
    if (token === undefined) return this.#fail(`missing ${EXPECTED[field]}`, undefined);
    const octets = this.#word(field, token);
    if (octets === undefined) this.#fail(`expected ${EXPECTED[field]}`, token);
    return octets;
  }

  /** Fields that take one token; undefined when the token is none. */
  #word(field: WordField, token: Token): (ArrayLike<number> & Iterable<number>) | undefined {
    const { text } = token;
    switch (field) {
      case 'u8':
        return big(parseUnsigned(text, 0xff), 1);
      case 'algorithm':
        return big(parseAlgorithm(text), 1);
      case 'u16':
        return big(parseUnsigned(text, 0xffff), 2);
      case 'u32':
        return big(parseUnsigned(text, 0xffff_ffff), 4);
      case 'seconds':
        return big(parseSpan(text), 4);
      case 'type':
        return big(this.#context.typeNumber(text), 2);
      case 'time':
        return big(parseTime(text), 4);
      case 'ipv4':
        return parseIpv4(text);
      case 'ipv6':
        return parseIpv6(text);
      case 'compressed-name':
      case 'decompressed-name':
      case 'name':
        return this.#name(token);
      case 'string':
        return counted(unescapeOctets(text));
      case 'salt':
        return text === '-' ? [0] : counted(nonEmpty(fromHex(text)));
      case 'hash':
        return counted(nonEmpty(fromBase32Hex(text)));
      case 'tag':
        return TAG.test(text) ? counted(unescapeOctets(text)) : undefined;
      case 'text':
        return unescapeOctets(text);
    }
  }

  #name(token: Token): Uint8Array | undefined {
    const name = parseNameOctets(token.text, this.#context.origin);
    return typeof name === 'string' ? undefined : name;
  }

  /** Fields that take all tokens that are left. */
  #rest(field: RestField): (ArrayLike<number> & Iterable<number>) | undefined {
    const tokens = this.#tokens.slice(this.#next);
    this.#next = this.#tokens.length;
    const first = tokens[0];
    switch (field) {
      case 'strings':
        return first === undefined
          ? this.#fail('missing a string', undefined)
          : this.#strings(tokens);
      case 'bitmap':
        return this.#bitmap(tokens);
      case 'svc-params': {
        const params = parseSvcParams(tokens.map((token) => token.text));
        return params ?? this.#fail('malformed or repeated SvcParam', first);
      }
      case 'hex':
      case 'base64': {
        const text = joined(tokens);
        const octets = nonEmpty(field === 'hex' ? fromHex(text) : fromBase64(text));
        return octets ?? this.#fail(`expected ${EXPECTED[field]}`, first);
      }
    }
  }

  #strings(tokens: readonly Token[]): number[] | undefined {
    const out: number[] = [];
    for (const token of tokens) {
      const octets = counted(unescapeOctets(token.text));
      if (octets === undefined) return this.#fail(`expected ${EXPECTED.string}`, token);
      out.push(...octets);
    }
    return out;
  }

  #bitmap(tokens: readonly Token[]): Uint8Array | undefined {
    const types: number[] = [];
    for (const token of tokens) {
      const type = this.#context.typeNumber(token.text);
      if (type === undefined) return this.#fail(`expected ${EXPECTED.type}`, token);
      types.push(type);
    }
    return TypeBitmap.of(types).octets;
  }

  #fail(message: string, token: Token | undefined): undefined {
    this.problem = problem(message, token);
    return undefined;
  }
}

type RestField = 'strings' | 'hex' | 'base64' | 'bitmap' | 'svc-params';
type WordField = Exclude<Field, RestField>;

const EXPECTED: Readonly<Record<WordField | 'hex' | 'base64', string>> = {
  u8: 'a number up to 255',
  algorithm: 'a DNSSEC algorithm',
  u16: 'a number up to 65535',
  u32: 'a number up to 4294967295',
  seconds: 'seconds, or a span such as 1h30m',
  type: 'a record type',
  time: 'a time as YYYYMMDDHHmmSS',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  'compressed-name': 'a domain name',
  'decompressed-name': 'a domain name',
  name: 'a domain name',
  string: 'a string of at most 255 octets',
  salt: 'a salt in hexadecimal, or -',
  hash: 'a hash in base32hex',
  tag: 'a tag of letters and digits',
  text: 'a string',
  hex: 'hexadecimal digits',
  base64: 'base64',
};

function problem(message: string, token: Token | undefined): RdataProblem {
  return { kind: 'rdata-problem', message, token };
}

function joined(tokens: readonly Token[]): string {
  let text = '';
  for (const token of tokens) text += token.text;
  return text;
}

/** RFC 4034 appendix A.1: a number, or its mnemonic. */
function parseAlgorithm(text: string): number | undefined {
  const known = (ALGORITHM as Readonly<Record<string, number>>)[text.toUpperCase()];
  return known ?? parseUnsigned(text, 0xff);
}

function big(value: number | undefined, count: number): number[] | undefined {
  if (value === undefined) return undefined;
  const octets: number[] = [];
  for (let shift = (count - 1) * 8; shift >= 0; shift -= 8) octets.push((value >>> shift) & 0xff);
  return octets;
}

function counted(octets: Uint8Array | undefined): number[] | undefined {
  return octets === undefined || octets.length > 255 ? undefined : [octets.length, ...octets];
}

function nonEmpty(octets: Uint8Array | undefined): Uint8Array | undefined {
  return octets === undefined || octets.length === 0 ? undefined : octets;
}
