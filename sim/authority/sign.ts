/**
 * RRSIGs and DS records of simulated authorities (RFC 4034 sections 3 and 5).
 *
 * A signature is made when it is first looked at, and then kept: a zone of millions of names costs only
 * the signatures that somebody verifies or writes to the wire. Since signing is deterministic, the
 * order of looking changes nothing.
 *
 * Any key signs anything here. Whether the key is published, the signer is the zone, or the times make
 * sense is left to the zone's policy, and to the faults that break it.
 */

import {
  rrsigLabels,
  type SignedRecords,
  signedData,
} from '../../resolver-core/crypto/signed-data.ts';
import { digestDs } from '../../resolver-core/crypto/verify.ts';
import type { Name } from '../../resolver-core/name/name.ts';
import type { DnsKey } from '../../resolver-core/rdata.ts';
import { Rrsig } from '../../resolver-core/rrset.ts';
import type { SigningKey } from './keys.ts';

export interface SigningTerms {
  /** The zone that signs. */
  readonly signer: Name;
  /** Seconds since 1970, modulo 2^32, like `expiration`. */
  readonly inception: number;
  readonly expiration: number;
  /** Seconds. */
  readonly originalTtl: number;
  /** The owner's own number when left out; fewer for records that a wildcard was expanded to. */
  readonly labels?: number;
}

/** The RRSIG of `key` over `records`. Throws a RangeError when `labels` is more than the owner has. */
export function signRrset(records: SignedRecords, key: SigningKey, terms: SigningTerms): Rrsig {
  return new LazyRrsig(records, key, terms);
}

class LazyRrsig extends Rrsig {
  readonly #records: SignedRecords;
  readonly #key: SigningKey;
  #signature: Uint8Array | undefined;

  constructor(records: SignedRecords, key: SigningKey, terms: SigningTerms) {
    const ownerLabels = rrsigLabels(records.name);
    const labels = terms.labels ?? ownerLabels;
    if (labels > ownerLabels) {
      throw new RangeError(`${records.name} has ${ownerLabels} labels, not ${labels}`);
    }
    super({
      typeCovered: records.type,
      algorithm: key.algorithm,
      labels,
      originalTtl: terms.originalTtl,
      expiration: terms.expiration,
      inception: terms.inception,
      keyTag: key.keyTag,
      signer: terms.signer,
    });
    this.#records = records;
    this.#key = key;
    this.#signature = undefined;
  }

  get signature(): Uint8Array {
    // The constructor has checked the labels, the one thing for which there would be no data.
    this.#signature ??= this.#key.sign(signedData(this.#records, this) as Uint8Array);
    return this.#signature;
  }

  get signatureOctets(): number {
    return this.#key.signatureOctets;
  }
}

/** RDATA of a DS for `dnskey` at `owner`. Throws a RangeError for a digest type other than 1, 2, 4. */
export function dsRdata(owner: Name, dnskey: DnsKey, digestType: number): Uint8Array {
  const digest = digestDs(owner, dnskey.rdata, digestType);
  if (digest === undefined) throw new RangeError(`no DS digest type ${digestType}`);
  const out = new Uint8Array(4 + digest.length);
  out[0] = dnskey.keyTag >> 8;
  out[1] = dnskey.keyTag;
  out[2] = dnskey.algorithm;
  out[3] = digestType;
  out.set(digest, 4);
  return out;
}
