/**
 * Typed views of RDATA, parsed on demand and remembered on the RRset, so that a record shared by
 * many messages is read once. Sources: RFC 1035 section 3.3, RFC 4034, RFC 5155.
 *
 * A record whose RDATA does not parse is left out of the view: for the validator and the iterator
 * it does not exist (RFC 3597: unknown or odd data is never a reason to lose the message).
 */

import { Name } from './name/name.ts';
import type { RRset } from './rrset.ts';
import { TYPE } from './wire/iana.ts';

export interface Soa {
  readonly mname: Name;
  readonly rname: Name;
  readonly serial: number;
  /** Seconds, like the three below. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** One DNSKEY (RFC 4034 section 2). Identity matters: verdicts are remembered per key object. */
export class DnsKey {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly rdata: Uint8Array;
  readonly keyTag: number;
  /** The back end's parsed key; owned by `crypto/verify.ts`. */
  handle: unknown;

  constructor(rdata: Uint8Array) {
    this.flags = u16(rdata, 0);
    this.protocol = rdata[2] as number;
    this.algorithm = rdata[3] as number;
    this.publicKey = rdata.subarray(4);
    this.rdata = rdata;
    this.keyTag = keyTagOf(rdata);
    this.handle = undefined;
  }

  /** RFC 4034 section 2.1.1: bit 7. */
  get isZoneKey(): boolean {
    return (this.flags & 0x0100) !== 0;
  }
  /** RFC 5011 section 7: bit 8. */
  get isRevoked(): boolean {
    return (this.flags & 0x0080) !== 0;
  }
  /** RFC 4034 section 2.1.1: bit 15, a hint only. */
  get isSecureEntryPoint(): boolean {
    return (this.flags & 0x0001) !== 0;
  }
}

/** Key tag of a DNSKEY's RDATA (RFC 4034 appendix B; B.1 for algorithm 1). */
export function keyTagOf(rdata: Uint8Array): number {
  if (rdata[3] === 1) return rdata.length >= 7 ? u16(rdata, rdata.length - 3) : 0;
  let sum = 0;
  for (let i = 0; i < rdata.length; i++)
    sum += (i & 1) === 0 ? (rdata[i] as number) << 8 : (rdata[i] as number);
  return (sum + ((sum >>> 16) & 0xffff)) & 0xffff;
}

export interface Ds {
  readonly keyTag: number;
  readonly algorithm: number;
  readonly digestType: number;
  readonly digest: Uint8Array;
}

/** Type bitmap of NSEC and NSEC3 (RFC 4034 section 4.1.2), kept as octets. */
export class TypeBitmap {
  readonly octets: Uint8Array;
  constructor(octets: Uint8Array) {
    this.octets = octets;
  }
  has(type: number): boolean {
    const window = type >> 8;
    const bit = type & 0xff;
    for (let i = 0; i + 1 < this.octets.length; ) {
      const length = this.octets[i + 1] as number;
      if (this.octets[i] === window) {
        const octet = bit >> 3;
        return (
          octet < length && ((this.octets[i + 2 + octet] as number) & (0x80 >> (bit & 7))) !== 0
        );
      }
      i += 2 + length;
    }
    return false;
  }
  /** Ascending. */
  types(): number[] {
    const out: number[] = [];
    for (let i = 0; i + 1 < this.octets.length; ) {
      const window = (this.octets[i] as number) << 8;
      const length = this.octets[i + 1] as number;
      for (let j = 0; j < length * 8; j++) {
        if (((this.octets[i + 2 + (j >> 3)] ?? 0) & (0x80 >> (j & 7))) !== 0) out.push(window + j);
      }
      i += 2 + length;
    }
    return out;
  }
  /** Smallest encoding of a set of types. */
  static of(types: Iterable<number>): TypeBitmap {
    const sorted = [...new Set(types)].sort((a, b) => a - b);
    const out: number[] = [];
    for (let i = 0; i < sorted.length; ) {
      const window = (sorted[i] as number) >> 8;
      const octets: number[] = [];
      for (; i < sorted.length && (sorted[i] as number) >> 8 === window; i++) {
        const bit = (sorted[i] as number) & 0xff;
        while (octets.length <= bit >> 3) octets.push(0);
        octets[bit >> 3] = (octets[bit >> 3] as number) | (0x80 >> (bit & 7));
      }
      out.push(window, octets.length, ...octets);
    }
    return new TypeBitmap(Uint8Array.from(out));
  }
}

export interface Nsec {
  readonly next: Name;
  readonly types: TypeBitmap;
}

export interface Nsec3 {
  readonly hashAlgorithm: number;
  readonly flags: number;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly nextHash: Uint8Array;
  readonly types: TypeBitmap;
}

/** NSEC3 flag (RFC 5155 section 3.1.2.1). */
export const NSEC3_OPT_OUT = 1;

/** Targets of NS, CNAME, DNAME, PTR, MX or SRV. */
export function targetsOf(rrset: RRset): readonly Name[] {
  const offset = rrset.type === TYPE.MX ? 2 : rrset.type === TYPE.SRV ? 6 : 0;
  return view(rrset, (rdata) => wholeName(rdata, offset));
}

export function soaOf(rrset: RRset): Soa | undefined {
  return view<Soa>(rrset, parseSoa)[0];
}

export function dnsKeysOf(rrset: RRset): readonly DnsKey[] {
  return view(rrset, (rdata) => (rdata.length < 5 ? undefined : new DnsKey(rdata)));
}

export function dsOf(rrset: RRset): readonly Ds[] {
  return view<Ds>(rrset, (rdata) =>
    rdata.length < 5
      ? undefined
      : {
          keyTag: u16(rdata, 0),
          algorithm: rdata[2] as number,
          digestType: rdata[3] as number,
          digest: rdata.subarray(4),
        },
  );
}

export function nsecOf(rrset: RRset): Nsec | undefined {
  return view<Nsec>(rrset, parseNsec)[0];
}

export function nsec3Of(rrset: RRset): Nsec3 | undefined {
  return view<Nsec3>(rrset, parseNsec3)[0];
}

function view<T extends object>(
  rrset: RRset,
  parse: (rdata: Uint8Array) => T | undefined,
): readonly T[] {
  if (rrset.parsed === undefined) {
    const out: T[] = [];
    for (const rdata of rrset.rdata) {
      let value: T | undefined;
      try {
        value = parse(rdata);
      } catch {
        value = undefined; // a name that breaks RFC 1035 section 2.3.4: not a record we can use
      }
      if (value !== undefined) out.push(value);
    }
    rrset.parsed = out;
  }
  return rrset.parsed as readonly T[];
}

function wholeName(rdata: Uint8Array, offset: number): Name | undefined {
  const name = Name.fromWire(rdata, offset);
  return offset + name.key.length + 1 === rdata.length ? name : undefined;
}

function parseSoa(rdata: Uint8Array): Soa | undefined {
  const mname = Name.fromWire(rdata, 0);
  const rname = Name.fromWire(rdata, mname.key.length + 1);
  const at = mname.key.length + 1 + rname.key.length + 1;
  if (rdata.length !== at + 20) return undefined;
  return {
    mname,
    rname,
    serial: u32(rdata, at),
    refresh: u32(rdata, at + 4),
    retry: u32(rdata, at + 8),
    expire: u32(rdata, at + 12),
    minimum: u32(rdata, at + 16),
  };
}

function parseNsec(rdata: Uint8Array): Nsec | undefined {
  const next = Name.fromWire(rdata, 0);
  return { next, types: new TypeBitmap(rdata.subarray(next.key.length + 1)) };
}

function parseNsec3(rdata: Uint8Array): Nsec3 | undefined {
  const saltLength = rdata[4];
  if (saltLength === undefined) return undefined;
  const hashLength = rdata[5 + saltLength];
  if (hashLength === undefined || rdata.length < 6 + saltLength + hashLength) return undefined;
  return {
    hashAlgorithm: rdata[0] as number,
    flags: rdata[1] as number,
    iterations: u16(rdata, 2),
    salt: rdata.subarray(5, 5 + saltLength),
    nextHash: rdata.subarray(6 + saltLength, 6 + saltLength + hashLength),
    types: new TypeBitmap(rdata.subarray(6 + saltLength + hashLength)),
  };
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}

function u32(octets: Uint8Array, at: number): number {
  return (
    (octets[at] as number) * 0x1000000 +
    (((octets[at + 1] as number) << 16) |
      ((octets[at + 2] as number) << 8) |
      (octets[at + 3] as number))
  );
}
