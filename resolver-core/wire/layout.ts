/**
 * The registry of RDATA layouts: which fields the RDATA of a type has, in order. Reading (checks,
 * decompression), writing (compression), presentation text and canonical form all go by this table.
 *
 * Sources: RFC 1035 section 3.3, RFC 1183, 2163, 2230, 2782, 3403, 3596, 4034, 4255, 5155, 6672,
 * 6698, 7344, 7477, 7553, 7929, 8162, 8659, 8976, 9460; for names in RDATA, RFC 3597 section 4.
 *
 * A type that is not listed is opaque octets (RFC 3597), here and everywhere else.
 */

import { TYPE } from './iana.ts';

export type Field =
  | 'u8'
  | 'u16'
  | 'u32'
  /** 32 bits, a span; text may have units (`1h30m`). */
  | 'seconds'
  /** 8 bits, a DNSSEC algorithm. */
  | 'algorithm'
  /** 16 bits, an RR type. */
  | 'type'
  /** 32 bits, seconds since 1970 modulo 2^32. */
  | 'time'
  | 'ipv4'
  | 'ipv6'
  /** Compressed on writing, decompressed on reading: the types of RFC 1035 only (RFC 3597 section 4). */
  | 'compressed-name'
  /** Decompressed on reading, never compressed on writing (RFC 3597 section 4). */
  | 'decompressed-name'
  /** Never compressed; a pointer in it is an error. */
  | 'name'
  /** One <character-string>. */
  | 'string'
  /** One or more <character-string> up to the end. */
  | 'strings'
  /** Octet count and that many octets; may be empty. */
  | 'salt'
  /** Octet count and that many octets, at least one. */
  | 'hash'
  /** Octet count and that many ASCII letters or digits, at least one (RFC 8659 section 4.1). */
  | 'tag'
  /** Everything up to the end, at least one octet; the two differ in presentation only. */
  | 'hex'
  | 'base64'
  /** Everything up to the end, possibly nothing. */
  | 'text'
  /** Type bitmap up to the end (RFC 4034 section 4.1.2). */
  | 'bitmap'
  /** SvcParams up to the end (RFC 9460 section 2.2). */
  | 'svc-params';

export interface RdataLayout {
  readonly fields: readonly Field[];
  /** Some name in it is compressed on writing. */
  readonly compresses: boolean;
  /** Some name in it may arrive compressed. */
  readonly decompresses: boolean;
}

const layouts = new Map<number, RdataLayout>();

function define(fields: readonly Field[], ...types: readonly number[]): void {
  const compresses = fields.includes('compressed-name');
  const layout = {
    fields,
    compresses,
    decompresses: compresses || fields.includes('decompressed-name'),
  };
  for (const type of types) layouts.set(type, layout);
}

define(['ipv4'], TYPE.A);
define(['ipv6'], TYPE.AAAA);
define(['compressed-name'], TYPE.NS, TYPE.CNAME, TYPE.PTR);
define(['compressed-name'], TYPE.MD, TYPE.MF, TYPE.MB, TYPE.MG, TYPE.MR);
define([
  'compressed-name',
  'compressed-name',
  'u32',
  'seconds',
  'seconds',
  'seconds',
  'seconds',
], TYPE.SOA);
define(['compressed-name', 'compressed-name'], TYPE.MINFO);
define(['u16', 'compressed-name'], TYPE.MX);
define(['string', 'string'], TYPE.HINFO);
define(['strings'], TYPE.TXT, TYPE.SPF);
define(['decompressed-name', 'decompressed-name'], TYPE.RP);
define(['u16', 'decompressed-name'], TYPE.AFSDB, TYPE.RT, TYPE.KX);
define(['u16', 'decompressed-name', 'decompressed-name'], TYPE.PX);
define(['u16', 'u16', 'u16', 'decompressed-name'], TYPE.SRV);
define(['u16', 'u16', 'string', 'string', 'string', 'decompressed-name'], TYPE.NAPTR);
define(['decompressed-name'], TYPE.DNAME);
define(['u16', 'algorithm', 'u8', 'hex'], TYPE.DS, TYPE.CDS);
define(['u8', 'u8', 'hex'], TYPE.SSHFP);
define(['type', 'algorithm', 'u8', 'seconds', 'time', 'time', 'u16', 'name', 'base64'], TYPE.RRSIG);
define(['name', 'bitmap'], TYPE.NSEC);
define(['u16', 'u8', 'algorithm', 'base64'], TYPE.DNSKEY, TYPE.CDNSKEY);
define(['u8', 'u8', 'u16', 'salt', 'hash', 'bitmap'], TYPE.NSEC3);
define(['u8', 'u8', 'u16', 'salt'], TYPE.NSEC3PARAM);
define(['u8', 'u8', 'u8', 'hex'], TYPE.TLSA, TYPE.SMIMEA);
define(['base64'], TYPE.OPENPGPKEY);
define(['u32', 'u16', 'bitmap'], TYPE.CSYNC);
define(['u32', 'u8', 'u8', 'hex'], TYPE.ZONEMD);
define(['u16', 'name', 'svc-params'], TYPE.SVCB, TYPE.HTTPS);
define(['u16', 'u16', 'text'], TYPE.URI);
define(['u8', 'tag', 'text'], TYPE.CAA);

/** Layout of the RDATA of a type; undefined when the type is opaque to us. */
export function layoutOf(type: number): RdataLayout | undefined {
  return layouts.get(type);
}

/**
 * Where a field that begins at `at` ends, the names in it taken as uncompressed; -1 when it does
 * not fit between `at` and `end` or is inconsistent.
 */
export function fieldEnd(field: Field, octets: Uint8Array, at: number, end: number): number {
  switch (field) {
    case 'u8':
    case 'algorithm':
      return within(at + 1, end);
    case 'u16':
    case 'type':
      return within(at + 2, end);
    case 'u32':
    case 'seconds':
    case 'time':
    case 'ipv4':
      return within(at + 4, end);
    case 'ipv6':
      return within(at + 16, end);
    case 'compressed-name':
    case 'decompressed-name':
    case 'name':
      return plainNameEnd(octets, at, end);
    case 'string':
    case 'salt':
      return at < end ? within(at + 1 + (octets[at] as number), end) : -1;
    case 'hash':
      return at < end && octets[at] !== 0 ? within(at + 1 + (octets[at] as number), end) : -1;
    case 'tag':
      return tagEnd(octets, at, end);
    case 'strings':
      return stringsEnd(octets, at, end);
    case 'hex':
    case 'base64':
      return at < end ? end : -1;
    case 'text':
      return end;
    case 'bitmap':
      return bitmapEnd(octets, at, end);
    case 'svc-params':
      return svcParamsEnd(octets, at, end);
  }
}

/** Whether uncompressed RDATA has the layout of its type; true for every opaque type. */
export function isWellFormed(type: number, rdata: Uint8Array): boolean {
  const layout = layouts.get(type);
  if (layout === undefined) return true;
  return hasLayout(layout, rdata, 0, rdata.length);
}

/** Whether the octets from `at` to `end` have this layout exactly, names uncompressed. */
export function hasLayout(
  layout: RdataLayout,
  octets: Uint8Array,
  at: number,
  end: number,
): boolean {
  let position = at;
  for (const field of layout.fields) {
    position = fieldEnd(field, octets, position, end);
    if (position < 0) return false;
  }
  return position === end;
}

function within(next: number, end: number): number {
  return next <= end ? next : -1;
}

/** Offset behind an uncompressed name (RFC 1035 section 3.1), or -1. */
export function plainNameEnd(octets: Uint8Array, at: number, end: number): number {
  let position = at;
  while (position < end) {
    const label = octets[position] as number;
    position += label + 1;
    if (label === 0) return position;
    if (label > 63 || position - at >= 255) return -1;
  }
  return -1;
}

function stringsEnd(octets: Uint8Array, at: number, end: number): number {
  let position = at;
  while (position < end) position += 1 + (octets[position] as number);
  return position === end && at < end ? end : -1;
}

function tagEnd(octets: Uint8Array, at: number, end: number): number {
  const length = at < end ? (octets[at] as number) : 0;
  const next = at + 1 + length;
  if (length === 0 || next > end) return -1;
  return next;
}

/** Windows ascend, each has 1 to 32 octets and no zero octet at its end (RFC 4034 section 4.1.2). */
function bitmapEnd(octets: Uint8Array, at: number, end: number): number {
  let position = at;
  let previous = -1;
  while (position < end) {
    if (position + 2 > end) return -1;
    const window = octets[position] as number;
    const length = octets[position + 1] as number;
    if (window <= previous || length === 0 || length > 32) return -1;
    previous = window;
    position += 2 + length;
    if (position > end || octets[position - 1] === 0) return -1;
  }
  return position;
}

/** Keys ascend strictly (RFC 9460 section 2.2); values are not looked into. */
function svcParamsEnd(octets: Uint8Array, at: number, end: number): number {
  let position = at;
  let previous = -1;
  while (position < end) {
    if (position + 4 > end) return -1;
    const key = ((octets[position] as number) << 8) | (octets[position + 1] as number);
    if (key <= previous) return -1;
    previous = key;
    position += 4 + (((octets[position + 2] as number) << 8) | (octets[position + 3] as number));
  }
  return position === end ? end : -1;
}
