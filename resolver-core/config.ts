/** Settings of one resolver node. Each default has its source. */

import { MILLISECOND, type Micros } from './time.ts';

export interface ResolverConfig {
  /** Validate DNSSEC (RFC 4035). Off: every answer is treated as insecure. */
  readonly validation: boolean;
  /** Most answers in the answer table. */
  readonly answers: number;
  /** Most zone cuts (delegation, DS, proof and keys together) that are remembered. */
  readonly zoneCuts: number;
  /** Ask servers for no more of a name than they need to know (RFC 9156). */
  readonly qnameMinimisation: boolean;
  /** The instant, in seconds since 1970, at which signatures are judged; null: the clock. */
  readonly validationDate: number | null;
  /** Validate with DSA, too (algorithms 3 and 6); otherwise a zone that has no other is insecure (RFC 9905). */
  readonly legacyAlgorithms: boolean;
  /** Of every algorithm in the DS RRset a signature must be good, against RFC 6840 section 5.11 (Unbound: off). */
  readonly hardenAlgorithmDowngrade: boolean;
  /** How wrong clocks may be when signatures are judged; null: not at all (BIND, Knot Resolver). */
  readonly signatureSkew: SignatureSkew | null;
  /** Leave NS and address records out of answers that do not need them. */
  readonly minimalResponses: boolean;
  /** Shortest that an answer is kept, positive and negative, in seconds; 0: as its TTL says. */
  readonly minTtl: number;
  readonly minNegativeTtl: number;
  /** Longest that a positive answer is kept, in seconds (RFC 8767 section 4 allows 7 days). */
  readonly maxTtl: number;
  /** Longest that a negative answer is kept, in seconds (RFC 2308 section 5 advises 1 to 3 hours). */
  readonly maxNegativeTtl: number;
  /** First lifetime of a resolution failure, in seconds (RFC 9520 section 3.2). */
  readonly failureTtl: number;
  /** The lifetime doubles with each failure in a row up to this, in seconds (RFC 9520: at most 300). */
  readonly failureTtlMax: number;
  /** EDNS requestor's payload size (DNS flag day 2020, RFC 9715). */
  readonly udpSize: number;
  /** Retransmission timeout towards a server never heard of (Unbound). */
  readonly initialTimeout: Micros;
  /** After this long a resolution ends in failure (RFC 8767 section 5: 10 to 30 s). */
  readonly resolutionTimeout: Micros;
}

/** Seconds that a signature is good before its inception and after its expiration. */
export interface SignatureSkew {
  /** Of the signature's lifetime (Unbound: 0.1), but … */
  readonly fraction: number;
  /** … at least this (Unbound: 3600) and … */
  readonly min: number;
  /** … at most this (Unbound: 86400). */
  readonly max: number;
}

export const DEFAULT_CONFIG: ResolverConfig = {
  validation: true,
  legacyAlgorithms: false,
  hardenAlgorithmDowngrade: false,
  signatureSkew: null,
  qnameMinimisation: true,
  validationDate: null,
  minimalResponses: true,
  minTtl: 0,
  minNegativeTtl: 0,
  answers: 100_000,
  zoneCuts: 50_000,
  maxTtl: 86_400,
  maxNegativeTtl: 10_800,
  failureTtl: 5,
  failureTtlMax: 60,
  udpSize: 1232,
  initialTimeout: 376 * MILLISECOND,
  resolutionTimeout: 10_000 * MILLISECOND,
};
