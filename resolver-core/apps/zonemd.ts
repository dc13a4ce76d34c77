/**
 * ZONEMD, the digest of a whole zone (RFC 8976): makes it and verifies it, scheme SIMPLE with SHA-384
 * and SHA-512, over RRsets as `text/zonefile.ts` reads them.
 *
 * Digested is everything at or below the apex, each record once: glue, and what lies below a zone cut
 * or beside it; not the apex ZONEMD RRset and the signatures over it (section 3.3.1). Whether RRsets
 * are secure is for the caller to say, who has the keys and the clock.
 *
 * Limitations: an RRset has one TTL, its signatures have the same (RFC 2181 section 5.2, RFC 4034
 * section 3). A zone that breaks this has another digest here than its publisher made. A zone of more
 * than one class cannot be read in the first place.
 *
 * Cost: some 100 ms for the root zone of 23,000 records.
 */

import { nsec3Hash } from '../crypto/nsec3-hash.ts';
import { canonicalRdata } from '../crypto/signed-data.ts';
import { zoneHash, zoneHashOctets } from '../crypto/zone-hash.ts';
import { compareCanonical, compareOctets } from '../name/canonical.ts';
import type { Name } from '../name/name.ts';
import { nsec3Of, nsecOf, soaOf, type TypeBitmap } from '../rdata.ts';
import { RRset } from '../rrset.ts';
import { toBase32Hex } from '../text/encoding.ts';
import { CLASS, TYPE } from '../wire/iana.ts';
import { rrsigRdata } from '../wire/rrsets.ts';

/** Scheme SIMPLE (RFC 8976 section 2.2.2). */
export const ZONEMD_SIMPLE = 1;
/** Hash Algorithm SHA-384 (RFC 8976 section 2.2.3). */
export const ZONEMD_SHA384 = 1;
/** Hash Algorithm SHA-512. */
export const ZONEMD_SHA512 = 2;

/** Whether an RRset of the zone has a good signature of the zone's keys. */
export type IsSecure = (rrset: RRset) => boolean;

/** Why no ZONEMD record verifies, that of the record that came nearest. */
export type ZonemdMismatch =
  /** The zone has another digest. */
  | 'digest'
  /** The digest has not the length of its hash algorithm (RFC 8976 section 2.2.4). */
  | 'length'
  /** The record was made for another serial than the SOA's. */
  | 'serial'
  /** Several records with one scheme and hash algorithm: none of them counts. */
  | 'duplicate';

export type ZonemdVerdict =
  | { readonly kind: 'verified'; readonly scheme: number; readonly hash: number }
  /** There is none, and in a signed zone its absence is proved. */
  | { readonly kind: 'absent' }
  /** Only schemes or hash algorithms that nobody here knows. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'mismatch'; readonly reason: ZonemdMismatch }
  /** A signed zone says that there is one, or does not prove that there is none: it was taken out. */
  | { readonly kind: 'missing' }
  /** SOA or ZONEMD of a signed zone is not secure: the digest may be a forger's. */
  | { readonly kind: 'bogus'; readonly type: number }
  /** No SOA at the apex, or several: this is no zone. */
  | { readonly kind: 'no-soa' };

/**
 * Verifies a zone by its ZONEMD records (RFC 8976 section 4). `isSecure` is null where no signatures
 * are expected: the zone is provably insecure, or there is no trust anchor. A digest is then a
 * checksum against accidents and no more.
 */
export function verifyZonemd(
  apex: Name,
  rrsets: readonly RRset[],
  isSecure: IsSecure | null,
): ZonemdVerdict {
  const atApex = (type: number): RRset | undefined =>
    rrsets.find((rrset) => rrset.type === type && rrset.name.equals(apex));
  const soa = atApex(TYPE.SOA);
  const serial = soa?.rdata.length === 1 ? soaOf(soa)?.serial : undefined;
  if (soa === undefined || serial === undefined) return { kind: 'no-soa' };
  const zonemd = atApex(TYPE.ZONEMD);
  if (isSecure !== null) {
    if (!isSecure(soa)) return { kind: 'bogus', type: TYPE.SOA };
    if (zonemd === undefined && !isDenied(apex, rrsets, isSecure)) return { kind: 'missing' };
    if (zonemd !== undefined && !isSecure(zonemd)) return { kind: 'bogus', type: TYPE.ZONEMD };
  }
  return zonemd === undefined ? { kind: 'absent' } : compareDigests(apex, rrsets, zonemd, serial);
}

/** Ranks of what is wrong with a record: the higher, the nearer it came. */
const NEARNESS: readonly ZonemdMismatch[] = ['duplicate', 'serial', 'length', 'digest'];

function compareDigests(
  apex: Name,
  rrsets: readonly RRset[],
  zonemd: RRset,
  serial: number,
): ZonemdVerdict {
  const records = zonemd.rdata.map(parseZonemd);
  let nearest = -1;
  for (const record of records) {
    const { scheme, hash } = record;
    const wrong = mismatchOf(record, records, serial, () => zoneDigest(apex, rrsets, hash));
    if (wrong === null) return { kind: 'verified', scheme, hash };
    if (wrong !== 'unsupported') nearest = Math.max(nearest, NEARNESS.indexOf(wrong));
  }
  const reason = NEARNESS[nearest];
  return reason === undefined ? { kind: 'unsupported' } : { kind: 'mismatch', reason };
}

interface Zonemd {
  readonly serial: number;
  readonly scheme: number;
  readonly hash: number;
  readonly digest: Uint8Array;
}

/** Serial, Scheme and Hash Algorithm come before the digest (RFC 8976 section 2.2). */
const ZONEMD_FIXED_OCTETS = 6;

function parseZonemd(rdata: Uint8Array): Zonemd {
  const view = new DataView(rdata.buffer, rdata.byteOffset, rdata.byteLength);
  const digest = rdata.subarray(ZONEMD_FIXED_OCTETS);
  return { serial: view.getUint32(0), scheme: view.getUint8(4), hash: view.getUint8(5), digest };
}

function mismatchOf(
  record: Zonemd,
  all: readonly Zonemd[],
  serial: number,
  digest: () => Uint8Array,
): ZonemdMismatch | 'unsupported' | null {
  const octets = zoneHashOctets(record.hash);
  if (record.scheme !== ZONEMD_SIMPLE || octets === undefined) return 'unsupported';
  const isTwin = (other: Zonemd): boolean =>
    other !== record && other.scheme === record.scheme && other.hash === record.hash;
  if (all.some(isTwin)) return 'duplicate';
  if (record.serial !== serial) return 'serial';
  if (record.digest.length !== octets) return 'length';
  return compareOctets(record.digest, digest()) === 0 ? null : 'digest';
}

/** Whether a secure NSEC or NSEC3 of the apex says that it owns no ZONEMD. */
function isDenied(apex: Name, rrsets: readonly RRset[], isSecure: IsSecure): boolean {
  return rrsets.some((rrset) => {
    const types = apexBitmap(apex, rrset);
    return types !== undefined && !types.has(TYPE.ZONEMD) && isSecure(rrset);
  });
}

function apexBitmap(apex: Name, rrset: RRset): TypeBitmap | undefined {
  if (rrset.type === TYPE.NSEC && rrset.name.equals(apex)) return nsecOf(rrset)?.types;
  if (rrset.type !== TYPE.NSEC3) return undefined;
  const nsec3 = nsec3Of(rrset);
  if (nsec3 === undefined) return undefined;
  const owner = apex.child(toBase32Hex(nsec3Hash(apex, nsec3.iterations, nsec3.salt)));
  return rrset.name.equals(owner) ? nsec3.types : undefined;
}

/**
 * The ZONEMD RRset of a zone, not signed. The zone must be complete, with the signatures of all the
 * rest and the type ZONEMD in the bitmap of its apex (RFC 8976 section 3.1). Throws an Error when
 * the apex has no SOA, a RangeError for another hash algorithm than SHA-384 and SHA-512.
 */
export function makeZonemd(apex: Name, rrsets: readonly RRset[], hash: number): RRset {
  const soa = rrsets.find((rrset) => rrset.type === TYPE.SOA && rrset.name.equals(apex));
  const serial = soa === undefined ? undefined : soaOf(soa)?.serial;
  if (soa === undefined || serial === undefined) throw new Error(`zone ${apex} has no SOA`);
  const digest = zoneDigest(apex, rrsets, hash);
  const rdata = new Uint8Array(ZONEMD_FIXED_OCTETS + digest.length);
  new DataView(rdata.buffer).setUint32(0, serial);
  rdata[4] = ZONEMD_SIMPLE;
  rdata[5] = hash;
  rdata.set(digest, ZONEMD_FIXED_OCTETS);
  return new RRset(apex, TYPE.ZONEMD, soa.ttl, [rdata]);
}

/** The digest by scheme SIMPLE (RFC 8976 section 3.3). Throws a RangeError as `makeZonemd` does. */
export function zoneDigest(apex: Name, rrsets: readonly RRset[], hash: number): Uint8Array {
  return zoneHash(hash, digestedOctets(apex, rrsets));
}

/** One record of an owner, its RDATA in canonical form. */
interface Item {
  readonly type: number;
  readonly ttl: number;
  readonly rdata: Uint8Array;
}

/** Records in canonical form and order (RFC 8976 section 3.3.2), each once. */
function* digestedOctets(apex: Name, rrsets: readonly RRset[]): Generator<Uint8Array> {
  const owners = new Map<string, { readonly name: Name; readonly items: Item[] }>();
  for (const rrset of rrsets) {
    if (!rrset.name.isAtOrBelow(apex)) continue;
    let owner = owners.get(rrset.name.key);
    if (owner === undefined) {
      owner = { name: rrset.name, items: [] };
      owners.set(rrset.name.key, owner);
    }
    collect(owner.items, rrset, owner.name.equals(apex));
  }
  const sorted = [...owners.values()].sort((a, b) => compareCanonical(a.name, b.name));
  for (const { name, items } of sorted) {
    items.sort(compareItems);
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as Item;
      if (i === 0 || compareItems(items[i - 1] as Item, item) !== 0) yield recordOctets(name, item);
    }
  }
}

function collect(items: Item[], { type, ttl, rdata, signatures }: RRset, isApex: boolean): void {
  if (isApex && type === TYPE.ZONEMD) return;
  for (const one of rdata) {
    const isOverZonemd = isApex && type === TYPE.RRSIG && typeCovered(one) === TYPE.ZONEMD;
    if (!isOverZonemd) items.push({ type, ttl, rdata: canonicalRdata(type, one) });
  }
  for (const rrsig of signatures) items.push({ type: TYPE.RRSIG, ttl, rdata: rrsigRdata(rrsig) });
}

function typeCovered(rrsig: Uint8Array): number {
  return ((rrsig[0] as number) << 8) | (rrsig[1] as number);
}

function compareItems(a: Item, b: Item): number {
  return a.type - b.type || compareOctets(a.rdata, b.rdata);
}

/** Type, class, TTL and RDLENGTH. */
const RR_FIXED_OCTETS = 10;

function recordOctets(owner: Name, { type, ttl, rdata }: Item): Uint8Array {
  const at = owner.wire.length;
  const out = new Uint8Array(at + RR_FIXED_OCTETS + rdata.length);
  const view = new DataView(out.buffer);
  out.set(owner.wire);
  view.setUint16(at, type);
  view.setUint16(at + 2, CLASS.IN);
  view.setUint32(at + 4, ttl);
  view.setUint16(at + 8, rdata.length);
  out.set(rdata, at + RR_FIXED_OCTETS);
  return out;
}
