/**
 * Octets and names in master-file notation (RFC 1035 section 5.1): `\DDD` for an octet by number,
 * `\X` for a character without its special meaning. Case is kept, unlike in `Name.parse`.
 */

import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '../name/name.ts';

const encoder = new TextEncoder();

/** What the text stands for; characters beyond ASCII are their UTF-8. Undefined for a bad escape. */
export function unescapeOctets(text: string): Uint8Array | undefined {
  if (!text.includes('\\')) return encoder.encode(text);
  const source = encoder.encode(text);
  const out = new Uint8Array(source.length);
  let to = 0;
  for (let i = 0; i < source.length; i++) {
    const octet = source[i] as number;
    if (octet !== 0x5c) {
      out[to++] = octet;
      continue;
    }
    const next = source[i + 1];
    if (next === undefined) return undefined;
    if (isDigit(next)) {
      const value = escapedNumber(source, i + 1);
      if (value < 0) return undefined;
      out[to++] = value;
      i += 3;
    } else {
      out[to++] = next;
      i++;
    }
  }
  return out.slice(0, to);
}

/** Octets from `from` up to `to` as they stand between quotes, the quotes not included. */
export function escapeOctets(octets: Uint8Array, from = 0, to: number = octets.length): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const octet = octets[i] as number;
    if (octet === 0x22 || octet === 0x5c) text += `\\${String.fromCharCode(octet)}`;
    else text += isPrintable(octet) || octet === 0x20 ? String.fromCharCode(octet) : decimal(octet);
  }
  return text;
}

export type NameProblem = 'bad-escape' | 'empty-label' | 'label-too-long' | 'name-too-long';

/**
 * The uncompressed wire form of a name as written; relative to `origin` (a wire form) unless it
 * ends in a dot. `@` is the origin.
 */
export function parseNameOctets(text: string, origin: Uint8Array): Uint8Array | NameProblem {
  if (text === '@') return origin;
  if (text === '.') return ROOT;
  const out = new Uint8Array(text.length + 1 + origin.length);
  let lengthAt = 0;
  let to = 1;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x2e) {
      if (to === lengthAt + 1) return 'empty-label';
      out[lengthAt] = to - lengthAt - 1;
      lengthAt = to++;
    } else {
      let octet = c;
      if (c === 0x5c) {
        octet = text.charCodeAt(++i);
        if (isDigit(octet)) {
          octet = /^\d{3}$/.test(text.slice(i, i + 3)) ? Number(text.slice(i, i + 3)) : 256;
          i += 2;
        }
      } else if (!isPrintable(c)) {
        return 'bad-escape';
      }
      if (!(octet <= 255)) return 'bad-escape';
      out[to++] = octet;
      if (to - lengthAt - 1 > MAX_LABEL_OCTETS) return 'label-too-long';
    }
  }
  let length = to;
  if (to === lengthAt + 1) {
    if (to === 1) return 'empty-label';
    out[lengthAt] = 0;
  } else {
    out[lengthAt] = to - lengthAt - 1;
    out.set(origin, to);
    length = to + origin.length;
  }
  return length > MAX_NAME_OCTETS ? 'name-too-long' : out.slice(0, length);
}

const ROOT = new Uint8Array(1);

/** An uncompressed name as absolute text, in the case in which it stands. */
export function nameText(octets: Uint8Array, from: number): string {
  if (octets[from] === 0) return '.';
  let text = '';
  for (let at = from; octets[at] !== 0; at += (octets[at] as number) + 1) {
    const end = at + (octets[at] as number);
    for (let i = at + 1; i <= end; i++) {
      const octet = octets[i] as number;
      if (SPECIAL.has(octet)) text += `\\${String.fromCharCode(octet)}`;
      else text += isPrintable(octet) ? String.fromCharCode(octet) : decimal(octet);
    }
    text += '.';
  }
  return text;
}

/** `" $ ( ) . ; @ \`: what has a meaning of its own in a name (as `Name.toString` writes it). */
const SPECIAL: ReadonlySet<number> = new Set([0x22, 0x24, 0x28, 0x29, 0x2e, 0x3b, 0x40, 0x5c]);

function escapedNumber(source: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = source[i];
    if (digit === undefined || !isDigit(digit)) return -1;
    value = value * 10 + digit - 0x30;
  }
  return value <= 255 ? value : -1;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isPrintable(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}

function decimal(octet: number): string {
  return `\\${octet.toString().padStart(3, '0')}`;
}
