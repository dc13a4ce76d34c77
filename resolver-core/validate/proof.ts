/**
 * What comes out when the validator asks "is this denied?" (RFC 4035 section 5.4, RFC 5155
 * section 8). The answers are values: a denial that does not hold says which step was missing.
 */

import type { ExtendedError } from '../message.ts';
import type { RRset } from '../rrset.ts';

/** The records at hand prove the statement. */
export interface Proven {
  readonly kind: 'proven';
  /** An opt-out span carries the proof: what it denies is insecure, no AD (RFC 5155 section 9.2). */
  readonly optOut: boolean;
  /** Seconds: the smallest TTL of the records used. */
  readonly ttl: number;
  /** The NSEC and NSEC3 RRsets that carry the proof, each once. */
  readonly records: readonly RRset[];
}

export interface ProvenNoData extends Proven {
  /** The zone says by NXNAME that the name does not exist at all (compact denial, RFC 9824). */
  readonly nxname: boolean;
}

export interface ProvenNoDs extends Proven {
  /**
   * What the proof says about a zone cut at the name: `yes` by the NS bit; `no` when the name has
   * no NS or does not exist; `opt-out` when an unsigned delegation may be there (RFC 5155
   * section 8.9).
   */
  readonly delegation: 'yes' | 'no' | 'opt-out';
}

/** NSEC3 with more iterations than the limit: not looked at, treated as unsigned (RFC 9276 section 3.2). */
export interface InsecureProof {
  readonly kind: 'insecure';
  /** EDE 27. */
  readonly error: ExtendedError;
}

export type UnprovenReason =
  /** No usable NSEC or NSEC3 of this zone among the records. */
  | 'no-records'
  /** The name in question is not in the zone. */
  | 'out-of-zone'
  /** NSEC3 records with different salts or iterations (RFC 5155 section 8.2). */
  | 'mixed-parameters'
  /** No NSEC covers, and no NSEC3 proof of the closest encloser denies, the name. */
  | 'name-not-denied'
  /** No NSEC3 matches an ancestor of the name (RFC 5155 section 8.3). */
  | 'no-closest-encloser'
  /** The next closer name is not covered (RFC 5155 section 8.3). */
  | 'next-closer-not-covered'
  /** The wildcard at the closest encloser is not denied. */
  | 'wildcard-not-denied'
  /** A record matches the name that should not exist. */
  | 'name-exists'
  /** The bitmap has the type, or CNAME. */
  | 'type-exists'
  /** The record that matches is from the other side of a zone cut (RFC 6840 section 4.1, 4.4). */
  | 'wrong-side-of-cut'
  /** The closest encloser is a delegation or has DNAME: it cannot speak for names below it. */
  | 'ancestor-delegation'
  /** More names to hash than `MAX_NSEC3_HASHES_PER_PROOF`. */
  | 'too-many-hashes';

export interface Unproven {
  readonly kind: 'unproven';
  readonly reason: UnprovenReason;
}

export function unproven(reason: UnprovenReason): Unproven {
  return { kind: 'unproven', reason };
}

/** A proof from up to three records, of which any may be the same. */
export function proven(optOut: boolean, first: RRset, second?: RRset, third?: RRset): Proven {
  const records = [first];
  let ttl = first.ttl;
  if (second !== undefined && second !== first) {
    records.push(second);
    if (second.ttl < ttl) ttl = second.ttl;
  }
  if (third !== undefined && third !== first && third !== second) {
    records.push(third);
    if (third.ttl < ttl) ttl = third.ttl;
  }
  return { kind: 'proven', optOut, ttl, records };
}

export function provenNoData({ optOut, ttl, records }: Proven, nxname: boolean): ProvenNoData {
  return { kind: 'proven', optOut, ttl, records, nxname };
}

export function provenNoDs(
  { optOut, ttl, records }: Proven,
  delegation: ProvenNoDs['delegation'],
): ProvenNoDs {
  return { kind: 'proven', optOut, ttl, records, delegation };
}
