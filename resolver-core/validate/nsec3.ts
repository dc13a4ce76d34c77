/**
 * Denial of existence by NSEC3 (RFC 5155 section 8 with erratum 3441, RFC 6840 section 4,
 * RFC 9276). The records must have been verified with the keys of `zone`.
 *
 * Every step rests on positive evidence, a record that matches or covers a hash; the absence of a
 * record proves nothing. So what a sender leaves out can only make a proof fail.
 *
 * Cost: the closest encloser is sought from the query name upwards, because the next closer name
 * must be hashed anyway and the apex hash is remembered on the zone's `Name`. A referral from a TLD
 * hashes one name: with 15 iterations about 4 microseconds.
 *
 * Limitations: an RRset with several NSEC3 records counts by its first (two would have to share a
 * SHA-1 hash).
 */

import { NSEC3_SHA1, nsec3Hash } from '../crypto/nsec3-hash.ts';
import {
  MAX_NSEC3_HASHES_PER_PROOF,
  MAX_NSEC3_ITERATIONS,
  MAX_NSEC3_WORK_PER_LOOKUP,
} from '../limits.ts';
import { compareOctets } from '../name/canonical.ts';
import type { Name } from '../name/name.ts';
import { NSEC3_OPT_OUT, nsec3Of, type TypeBitmap } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { fromBase32Hex } from '../text/encoding.ts';
import { TYPE } from '../wire/iana.ts';
import {
  type Proven,
  type ProvenNoData,
  type ProvenNoDs,
  proven,
  provenNoData,
  provenNoDs,
  type Unproven,
  unproven,
} from './proof.ts';
import { cutsOffDescendants, denyType, isWildcardExpansion } from './type-bits.ts';

const HASH_OCTETS = 20;

export interface Nsec3Record {
  readonly rrset: RRset;
  readonly ownerHash: Uint8Array;
  readonly nextHash: Uint8Array;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly optOut: boolean;
  readonly types: TypeBitmap;
}

export type Nsec3Selection =
  | { readonly kind: 'none' }
  | { readonly kind: 'mixed' }
  | { readonly kind: 'too-many-iterations'; readonly iterations: number }
  | { readonly kind: 'chain'; readonly chain: Nsec3Chain };

/** Usable view of each NSEC3 RRset, undefined for one to be ignored: read once, whoever asks. */
const views = new WeakMap<RRset, { readonly record: Nsec3Record | undefined }>();

/**
 * The usable NSEC3 records of `zone` among `rrsets`. Unknown hash algorithms and flags are passed
 * over (RFC 5155 section 8.2); what remains must agree on its parameters.
 */
export function selectNsec3(
  zone: Name,
  rrsets: readonly RRset[],
  budget: HashBudget | null = null,
): Nsec3Selection {
  const records: Nsec3Record[] = [];
  for (const rrset of rrsets) {
    if (rrset.type !== TYPE.NSEC3) continue;
    if (rrset.name.labelCount !== zone.labelCount + 1 || !rrset.name.isBelow(zone)) continue;
    const record = viewOf(rrset);
    if (record !== undefined) records.push(record);
  }
  const first = records[0];
  if (first === undefined) return { kind: 'none' };
  for (const { iterations, salt } of records) {
    if (iterations !== first.iterations || compareOctets(salt, first.salt) !== 0) {
      return { kind: 'mixed' };
    }
  }
  if (first.iterations > MAX_NSEC3_ITERATIONS) {
    return { kind: 'too-many-iterations', iterations: first.iterations };
  }
  const { iterations, salt } = first;
  return { kind: 'chain', chain: new Nsec3Chain(zone, records, iterations, salt, budget) };
}

/** SHA-1 computations for one client lookup, spent by each of its proofs. */
export interface HashBudget {
  nsec3Hashes: number;
}

export interface ClosestEncloserProof {
  readonly closestEncloser: Name;
  readonly match: Nsec3Record;
  /** Covers the next closer name. */
  readonly cover: Nsec3Record;
}

/** Records with one set of parameters, and the hashes that one proof may still compute. */
export class Nsec3Chain {
  readonly zone: Name;
  readonly #records: readonly Nsec3Record[];
  readonly #iterations: number;
  readonly #salt: Uint8Array;
  readonly #budget: HashBudget | null;
  #hashesLeft = MAX_NSEC3_HASHES_PER_PROOF;

  constructor(
    zone: Name,
    records: readonly Nsec3Record[],
    iterations: number,
    salt: Uint8Array,
    budget: HashBudget | null,
  ) {
    this.zone = zone;
    this.#records = records;
    this.#iterations = iterations;
    this.#salt = salt;
    this.#budget = budget;
  }

  /** True once a name was not hashed any more; every later answer is "no record". */
  get exhausted(): boolean {
    return this.#hashesLeft < 0;
  }

  /** The record whose owner is the hash of `name`. */
  match(name: Name): Nsec3Record | undefined {
    const hash = this.#hash(name);
    if (hash === undefined) return undefined;
    for (const record of this.#records) {
      if (compareOctets(record.ownerHash, hash) === 0) return record;
    }
    return undefined;
  }

  /** The record whose span contains the hash of `name`. */
  cover(name: Name): Nsec3Record | undefined {
    const hash = this.#hash(name);
    if (hash === undefined) return undefined;
    for (const record of this.#records) if (covers(record, hash)) return record;
    return undefined;
  }

  /** RFC 5155 section 8.3: the longest ancestor that matches, and the name one label longer covered. */
  proveClosestEncloser(qname: Name): ClosestEncloserProof | Unproven {
    let nextCloser = qname;
    while (nextCloser.labelCount > this.zone.labelCount) {
      const parent = nextCloser.parent;
      const closestEncloser = parent.labelCount === this.zone.labelCount ? this.zone : parent;
      const match = this.match(closestEncloser);
      if (match !== undefined) {
        if (cutsOffDescendants(match.types)) return unproven('ancestor-delegation');
        const cover = this.cover(nextCloser);
        if (cover !== undefined) return { closestEncloser, match, cover };
        return unproven(this.exhausted ? 'too-many-hashes' : 'next-closer-not-covered');
      }
      if (this.exhausted) return unproven('too-many-hashes');
      nextCloser = closestEncloser;
    }
    return unproven('no-closest-encloser');
  }

  #hash(name: Name): Uint8Array | undefined {
    if (this.#hashesLeft > 0 && this.#mayHash()) {
      this.#hashesLeft--;
      return nsec3Hash(name, this.#iterations, this.#salt);
    }
    this.#hashesLeft = -1;
    return undefined;
  }

  /** Paid for remembered hashes too: who else has hashed the name must not matter. */
  #mayHash(): boolean {
    if (this.#budget === null) return true;
    this.#budget.nsec3Hashes += this.#iterations + 1;
    return this.#budget.nsec3Hashes <= MAX_NSEC3_WORK_PER_LOOKUP;
  }
}

/** NXDOMAIN (RFC 5155 section 8.4). */
export function nsec3NameError(chain: Nsec3Chain, qname: Name): Proven | Unproven {
  const exact = chain.match(qname);
  if (exact !== undefined) {
    // Compact denial whose response code was restored (RFC 9824 section 5).
    return exact.types.has(TYPE.NXNAME) ? proven(false, exact.rrset) : unproven('name-exists');
  }
  const encloser = chain.proveClosestEncloser(qname);
  if ('kind' in encloser) return encloser;
  const { match, cover, closestEncloser } = encloser;
  const wildcard = chain.cover(closestEncloser.wildcard);
  if (wildcard === undefined) {
    return unproven(chain.exhausted ? 'too-many-hashes' : 'wildcard-not-denied');
  }
  return proven(cover.optOut, match.rrset, cover.rrset, wildcard.rrset);
}

/** NODATA (RFC 5155 sections 8.5 with erratum 3441, 8.6 and 8.7). */
export function nsec3NoData(
  chain: Nsec3Chain,
  qname: Name,
  qtype: number,
): ProvenNoData | Unproven {
  const exact = chain.match(qname);
  if (exact !== undefined) {
    const verdict = denyType(exact.types, qtype, qname.isRoot);
    if (verdict !== 'denied') return unproven(verdict);
    return provenNoData(proven(false, exact.rrset), exact.types.has(TYPE.NXNAME));
  }
  const encloser = chain.proveClosestEncloser(qname);
  if ('kind' in encloser) return encloser;
  const { match, cover, closestEncloser } = encloser;
  const wildcard = chain.match(closestEncloser.wildcard);
  if (wildcard !== undefined) {
    const verdict = denyType(wildcard.types, qtype, false);
    if (verdict !== 'denied') return unproven(verdict);
    return provenNoData(proven(cover.optOut, match.rrset, cover.rrset, wildcard.rrset), false);
  }
  // An unsigned delegation, or an empty non-terminal that exists only for such (erratum 3441).
  if (cover.optOut) return provenNoData(proven(true, match.rrset, cover.rrset), false);
  return unproven(chain.exhausted ? 'too-many-hashes' : 'wildcard-not-denied');
}

/** No DS at `child`, and whether a zone cut is there (RFC 5155 sections 8.6 and 8.9). */
export function nsec3NoDs(chain: Nsec3Chain, child: Name): ProvenNoDs | Unproven {
  const exact = chain.match(child);
  if (exact !== undefined) {
    if (exact.types.has(TYPE.SOA)) return unproven('wrong-side-of-cut');
    if (exact.types.has(TYPE.DS)) return unproven('type-exists');
    const delegation = exact.types.has(TYPE.NS) ? 'yes' : 'no';
    return provenNoDs(proven(false, exact.rrset), delegation);
  }
  const encloser = chain.proveClosestEncloser(child);
  if ('kind' in encloser) return encloser;
  const { match, cover } = encloser;
  const delegation = cover.optOut ? 'opt-out' : 'no';
  return provenNoDs(proven(cover.optOut, match.rrset, cover.rrset), delegation);
}

/** The wildcard's own signature shows the closest encloser (RFC 5155 section 8.8). */
export function nsec3WildcardAnswer(chain: Nsec3Chain, nextCloser: Name): Proven | Unproven {
  const cover = chain.cover(nextCloser);
  return cover === undefined
    ? unproven('next-closer-not-covered')
    : proven(cover.optOut, cover.rrset);
}

/** Strictly inside the span; the last record's span runs over the end of the hash order to its start. */
export function covers(
  record: Pick<Nsec3Record, 'ownerHash' | 'nextHash'>,
  hash: Uint8Array,
): boolean {
  const afterOwner = compareOctets(hash, record.ownerHash) > 0;
  const beforeNext = compareOctets(hash, record.nextHash) < 0;
  const span = compareOctets(record.ownerHash, record.nextHash);
  if (span < 0) return afterOwner && beforeNext;
  if (span > 0) return afterOwner || beforeNext;
  return compareOctets(hash, record.ownerHash) !== 0;
}

/** A record that some zone may prove something with (RFC 5155 section 8.2, RFC 9276 section 3.2); undefined for others. */
export function usableNsec3(rrset: RRset): Nsec3Record | undefined {
  const record = rrset.type === TYPE.NSEC3 ? viewOf(rrset) : undefined;
  return record !== undefined && record.iterations <= MAX_NSEC3_ITERATIONS ? record : undefined;
}

function viewOf(rrset: RRset): Nsec3Record | undefined {
  let view = views.get(rrset);
  if (view === undefined) {
    view = { record: readRecord(rrset) };
    views.set(rrset, view);
  }
  return view.record;
}

function readRecord(rrset: RRset): Nsec3Record | undefined {
  const rdata = nsec3Of(rrset);
  if (rdata === undefined || rdata.hashAlgorithm !== NSEC3_SHA1) return undefined;
  if ((rdata.flags & ~NSEC3_OPT_OUT) !== 0 || rdata.nextHash.length !== HASH_OCTETS)
    return undefined;
  const ownerHash = fromBase32Hex(rrset.name.firstLabel);
  if (ownerHash?.length !== HASH_OCTETS || isWildcardExpansion(rrset)) return undefined;
  return {
    rrset,
    ownerHash,
    nextHash: rdata.nextHash,
    iterations: rdata.iterations,
    salt: rdata.salt,
    optOut: (rdata.flags & NSEC3_OPT_OUT) !== 0,
    types: rdata.types,
  };
}
