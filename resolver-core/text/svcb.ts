/**
 * SvcParams of SVCB and HTTPS as text (RFC 9460 section 2.1 and appendix A; dohpath RFC 9461, ohttp
 * RFC 9540). Each is `key`, `key=value` or, whatever the octets are, `key123="..."`.
 */

import { ipv4Text, ipv6Text, parseIpv4, parseIpv6 } from './address.ts';
import { fromBase64, toBase64 } from './encoding.ts';
import { escapeOctets, unescapeOctets } from './escapes.ts';
import { parseUnsigned } from './time.ts';

const KEYS = [
  'mandatory',
  'alpn',
  'no-default-alpn',
  'port',
  'ipv4hint',
  'ech',
  'ipv6hint',
  'dohpath',
  'ohttp',
] as const;
type Key = (typeof KEYS)[number];

/** The parameters from `at` to the end of RDATA that is well formed, each as one token. */
export function svcParamsText(rdata: Uint8Array, at: number): string[] {
  const out: string[] = [];
  let position = at;
  while (position < rdata.length) {
    const key = u16(rdata, position);
    const length = u16(rdata, position + 2);
    const value = rdata.subarray(position + 4, position + 4 + length);
    out.push(paramText(key, value));
    position += 4 + length;
  }
  return out;
}

function paramText(key: number, value: Uint8Array): string {
  const name = KEYS[key];
  const text = name === undefined ? undefined : valueText(name, value);
  if (text === undefined) {
    return value.length === 0 ? `key${key}` : `key${key}="${escapeOctets(value)}"`;
  }
  return text === '' ? (name as string) : `${name}=${text}`;
}

/** '' for a parameter without a value; undefined when the octets are none of the key's values. */
function valueText(key: Key, value: Uint8Array): string | undefined {
  const { length } = value;
  switch (key) {
    case 'mandatory':
      return list(value, 2, (at) => KEYS[u16(value, at)] ?? `key${u16(value, at)}`);
    case 'alpn':
      return alpnText(value);
    case 'no-default-alpn':
    case 'ohttp':
      return length === 0 ? '' : undefined;
    case 'port':
      return length === 2 ? String(u16(value, 0)) : undefined;
    case 'ipv4hint':
      return list(value, 4, (at) => ipv4Text(value, at));
    case 'ipv6hint':
      return list(value, 16, (at) => ipv6Text(value, at));
    case 'ech':
      return length > 0 ? `"${toBase64(value)}"` : undefined;
    case 'dohpath':
      return length > 0 ? `"${escapeOctets(value)}"` : undefined;
  }
}

function list(value: Uint8Array, size: number, item: (at: number) => string): string | undefined {
  if (value.length === 0 || value.length % size !== 0) return undefined;
  const items: string[] = [];
  for (let at = 0; at < value.length; at += size) items.push(item(at));
  return items.join(',');
}

/** Commas and backslashes of an item are escaped twice (RFC 9460 appendix A.1). */
function alpnText(value: Uint8Array): string | undefined {
  const octets: number[] = [];
  for (let at = 0; at < value.length; ) {
    const end = at + 1 + (value[at] as number);
    if (end > value.length || end === at + 1) return undefined;
    if (at > 0) octets.push(COMMA);
    for (const octet of value.subarray(at + 1, end)) {
      if (octet === COMMA || octet === BACKSLASH) octets.push(BACKSLASH);
      octets.push(octet);
    }
    at = end;
  }
  return octets.length === 0 ? undefined : `"${escapeOctets(Uint8Array.from(octets))}"`;
}

const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/** SvcParams as octets, sorted by key; undefined when one is malformed or given twice. */
export function parseSvcParams(texts: readonly string[]): number[] | undefined {
  const params: { key: number; value: ArrayLike<number> & Iterable<number> }[] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const key = parseKey(equals < 0 ? text : text.slice(0, equals));
    const octets = unescapeOctets(equals < 0 ? '' : text.slice(equals + 1));
    if (key === undefined || octets === undefined) return undefined;
    const value = key.name === undefined ? octets : parseValue(key.name, octets);
    if (value === undefined) return undefined;
    params.push({ key: key.number, value });
  }
  params.sort((a, b) => a.key - b.key);
  const out: number[] = [];
  for (const [i, { key, value }] of params.entries()) {
    if (params[i - 1]?.key === key || value.length > 0xffff) return undefined;
    out.push(key >> 8, key & 0xff, value.length >> 8, value.length & 0xff, ...value);
  }
  return out;
}

/** The name is undefined in the generic form, whose value is taken as it is. */
function parseKey(text: string): { number: number; name: Key | undefined } | undefined {
  const known = KEYS.indexOf(text as Key);
  if (known >= 0) return { number: known, name: KEYS[known] };
  const number = text.startsWith('key') ? parseUnsigned(text.slice(3), 0xffff) : undefined;
  return number === undefined ? undefined : { number, name: undefined };
}

function parseValue(
  key: Key,
  octets: Uint8Array,
): (ArrayLike<number> & Iterable<number>) | undefined {
  const text = String.fromCharCode(...octets);
  switch (key) {
    case 'mandatory':
      return flatten(text.split(','), (item) => {
        const parsed = parseKey(item);
        return parsed === undefined ? undefined : [parsed.number >> 8, parsed.number & 0xff];
      });
    case 'alpn':
      return parseAlpn(octets);
    case 'no-default-alpn':
    case 'ohttp':
      return octets.length === 0 ? octets : undefined;
    case 'port': {
      const port = parseUnsigned(text, 0xffff);
      return port === undefined ? undefined : [port >> 8, port & 0xff];
    }
    case 'ipv4hint':
      return flatten(text.split(','), parseIpv4);
    case 'ipv6hint':
      return flatten(text.split(','), parseIpv6);
    case 'ech':
      return text === '' ? undefined : fromBase64(text);
    case 'dohpath':
      return octets.length === 0 ? undefined : octets;
  }
}

function flatten(
  items: readonly string[],
  parse: (item: string) => Iterable<number> | undefined,
): number[] | undefined {
  const out: number[] = [];
  for (const item of items) {
    const octets = parse(item);
    if (octets === undefined) return undefined;
    out.push(...octets);
  }
  return out;
}

function parseAlpn(octets: Uint8Array): number[] | undefined {
  const out: number[] = [];
  let item: number[] = [];
  for (let i = 0; i <= octets.length; i++) {
    const octet = octets[i];
    if (octet === undefined || octet === COMMA) {
      if (item.length === 0 || item.length > 255) return undefined;
      out.push(item.length, ...item);
      item = [];
    } else if (octet === BACKSLASH) {
      const escaped = octets[++i];
      if (escaped === undefined) return undefined;
      item.push(escaped);
    } else {
      item.push(octet);
    }
  }
  return out;
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}
