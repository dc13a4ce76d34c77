/**
 * RDATA of the records that simulated authorities own, uncompressed (RFC 1035 section 3.3, RFC
 * 3596, RFC 4034, RFC 5155, RFC 9460). Only what a zone of this world holds; text is
 * `text/zonefile.ts`'s affair.
 */

import type { Name } from '../../resolver-core/name/name.ts';
import { TypeBitmap } from '../../resolver-core/rdata.ts';

/** The records of one RRset, not signed. */
export interface Records {
  /** Seconds. */
  readonly ttl: number;
  readonly rdata: readonly Uint8Array[];
}

/** `192.0.2.1`. */
export function ipv4Rdata(text: string): Uint8Array {
  const octets = text.split('.').map(Number);
  if (octets.length !== 4 || octets.some((octet) => !(octet >= 0 && octet <= 255))) {
    throw new RangeError(`${text} is no IPv4 address`);
  }
  return Uint8Array.from(octets);
}

/** `2001:db8::1`, without an embedded IPv4 part. */
export function ipv6Rdata(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - left.length - right.length;
  const groups = [
    ...left,
    ...new Array<string>(tail === undefined ? 0 : missing).fill('0'),
    ...right,
  ];
  if (groups.length !== 8 || groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) {
    throw new RangeError(`${text} is no IPv6 address`);
  }
  const out = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    out[2 * i] = value >> 8;
    out[2 * i + 1] = value;
  });
  return out;
}

/** RDATA that is one name: NS, CNAME, DNAME, PTR. */
export function nameRdata(name: Name): Uint8Array {
  return name.wire;
}

export interface SoaFields {
  readonly mname: Name;
  readonly rname: Name;
  /** Seconds, like the three below. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export function soaRdata(fields: SoaFields, serial: number): Uint8Array {
  const { mname, rname } = fields;
  const out = new Uint8Array(mname.wire.length + rname.wire.length + 20);
  out.set(mname.wire);
  out.set(rname.wire, mname.wire.length);
  const view = new DataView(out.buffer, mname.wire.length + rname.wire.length);
  [serial, fields.refresh, fields.retry, fields.expire, fields.minimum].forEach((value, i) => {
    view.setUint32(4 * i, value);
  });
  return out;
}

export function mxRdata(preference: number, exchange: Name): Uint8Array {
  const out = new Uint8Array(2 + exchange.wire.length);
  out[0] = preference >> 8;
  out[1] = preference;
  out.set(exchange.wire, 2);
  return out;
}

/** One character string of ASCII text, at most 255 octets. */
export function txtRdata(text: string): Uint8Array {
  return Uint8Array.of(text.length, ...asciiOctets(text));
}

/** `1 . alpn=h2,h3` (RFC 9460 section 7.1). */
export function httpsRdata(): Uint8Array {
  const alpn = [2, ...asciiOctets('h2'), 2, ...asciiOctets('h3')];
  return Uint8Array.of(0, 1, 0, 0, 1, 0, alpn.length, ...alpn);
}

export function nsecRdata(next: Name, types: Iterable<number>): Uint8Array {
  const bitmap = TypeBitmap.of(types).octets;
  const out = new Uint8Array(next.wire.length + bitmap.length);
  out.set(next.wire);
  out.set(bitmap, next.wire.length);
  return out;
}

/** Parameters as NSEC3 and NSEC3PARAM carry them (RFC 5155 sections 3.2 and 4.2). */
export interface Nsec3Fields {
  readonly iterations: number;
  readonly salt: Uint8Array;
}

const SHA1 = 1;

export function nsec3Rdata(
  { iterations, salt }: Nsec3Fields,
  flags: number,
  next: Uint8Array,
  types: Iterable<number>,
): Uint8Array {
  const bitmap = TypeBitmap.of(types).octets;
  return Uint8Array.of(
    ...[SHA1, flags, iterations >> 8, iterations & 0xff, salt.length, ...salt],
    ...[next.length, ...next, ...bitmap],
  );
}

/** Flags are zero (RFC 5155 section 4.1.2). */
export function nsec3ParamRdata({ iterations, salt }: Nsec3Fields): Uint8Array {
  return Uint8Array.of(SHA1, 0, iterations >> 8, iterations & 0xff, salt.length, ...salt);
}

/** Octets of hexadecimal text; '' for none. */
export function hexOctets(text: string): Uint8Array {
  if (!/^([0-9a-fA-F]{2})*$/.test(text)) throw new RangeError(`${text} is not hexadecimal`);
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

const BASE32HEX = '0123456789abcdefghijklmnopqrstuv';

/**
 * Base 32 with extended hex alphabet, lower case, no padding (RFC 5155 section 3.3): 20 octets are
 * 32 characters.
 */
export function base32hex(octets: Uint8Array): string {
  let out = '';
  let bits = 0;
  let held = 0;
  for (const octet of octets) {
    held = ((held << 8) | octet) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += BASE32HEX[(held >> bits) & 31];
    }
  }
  return bits === 0 ? out : out + BASE32HEX[(held << (5 - bits)) & 31];
}

function asciiOctets(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
