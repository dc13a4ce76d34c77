/**
 * RRsets and the signatures that cover them: immutable, and shared between authorities, messages
 * and caches. Class is always IN.
 *
 * RDATA is kept as opaque octets (RFC 3597), uncompressed, names in the case in which they came, so
 * that the octets that were signed can be built from the octets that were received. What is read
 * out of RDATA (targets, keys, bitmaps) is parsed on demand and remembered on the RRset.
 */

import type { Name } from './name/name.ts';

/** One RRSIG (RFC 4034 section 3.1), the signature octets possibly made only when first looked at. */
export abstract class Rrsig {
  readonly typeCovered: number;
  readonly algorithm: number;
  /** Labels field: the owner's labels, without the root and without a leading `*`. */
  readonly labels: number;
  /** Original TTL in seconds. */
  readonly originalTtl: number;
  /** Seconds since 1970, modulo 2^32. */
  readonly expiration: number;
  /** Seconds since 1970, modulo 2^32. */
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: Name;
  /** What was found out about it, by and for `crypto/verify.ts`: a shared RRset is verified once, whoever asks. */
  verdicts: unknown;

  constructor(fields: RrsigFields) {
    this.typeCovered = fields.typeCovered;
    this.algorithm = fields.algorithm;
    this.labels = fields.labels;
    this.originalTtl = fields.originalTtl;
    this.expiration = fields.expiration;
    this.inception = fields.inception;
    this.keyTag = fields.keyTag;
    this.signer = fields.signer;
    this.verdicts = undefined;
  }

  /** The signature octets. */
  abstract get signature(): Uint8Array;
  /** How many they are, known without making them. */
  abstract get signatureOctets(): number;
}

export interface RrsigFields {
  readonly typeCovered: number;
  readonly algorithm: number;
  readonly labels: number;
  readonly originalTtl: number;
  readonly expiration: number;
  readonly inception: number;
  readonly keyTag: number;
  readonly signer: Name;
}

/** An RRSIG whose octets are known, as read from the wire or from a zone file. */
export class ReceivedRrsig extends Rrsig {
  readonly signature: Uint8Array;
  constructor(fields: RrsigFields, signature: Uint8Array) {
    super(fields);
    this.signature = signature;
  }
  get signatureOctets(): number {
    return this.signature.length;
  }
}

const NO_SIGNATURES: readonly Rrsig[] = [];

export class RRset {
  readonly name: Name;
  readonly type: number;
  /** Seconds, as received; RFC 2181 section 8 bounds it to 2^31-1. */
  readonly ttl: number;
  readonly rdata: readonly Uint8Array[];
  readonly signatures: readonly Rrsig[];
  /** What `rdata.ts` parsed out of this RRset; undefined until first asked. */
  parsed: unknown;

  constructor(
    name: Name,
    type: number,
    ttl: number,
    rdata: readonly Uint8Array[],
    signatures: readonly Rrsig[] = NO_SIGNATURES,
  ) {
    this.name = name;
    this.type = type;
    this.ttl = ttl;
    this.rdata = rdata;
    this.signatures = signatures;
    this.parsed = undefined;
  }

  /** The same RRset with another TTL: itself when it has that one. */
  withTtl(ttl: number): RRset {
    if (ttl === this.ttl) return this;
    const other = new RRset(this.name, this.type, ttl, this.rdata, this.signatures);
    other.parsed = this.parsed;
    return other;
  }
}
