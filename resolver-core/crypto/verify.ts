/**
 * Verifies RRSIGs and DS digests with the native back end (`node:crypto`: computation, no IO).
 * RSA: RFC 3110, RFC 5702. ECDSA: RFC 6605. Edwards curves: RFC 8080. DSA: RFC 2536. DS: RFC 4034
 * section 5.1.4, RFC 4509, RFC 6605.
 *
 * Only the arithmetic is here. Which algorithms count, who may sign, key flags, protocol, revocation,
 * the key tag, the signature's times and how many tries a response may cost are the validator's
 * affair. A key or a signature that is malformed is a signature that does not verify: `false`, never
 * an error. A back end that refuses an algorithm we claim (a host policy against SHA-1) does throw: a
 * run on such a host would tell lies.
 *
 * ECDSA signatures with a high s are good (DNSSEC has no low-s rule). Edwards signatures are judged by
 * OpenSSL's equations: for Ed25519 without the cofactor, so a key with a part of small order, which
 * only a malicious signer makes, can get another verdict from software that multiplies it in.
 *
 * Cost: a remembered verdict some 10 ns; a first one 20 to 500 us; a first look at a key 10 to 100 us.
 */

import { hash, verify } from 'node:crypto';
import type { Name } from '../name/name.ts';
import type { DnsKey } from '../rdata.ts';
import type { RRset, Rrsig } from '../rrset.ts';
import { DIGEST } from '../wire/iana.ts';
import { type PublicKey, parsePublicKey } from './public-key.ts';
import { signedData } from './signed-data.ts';

export { isSupportedAlgorithm } from './public-key.ts';

/**
 * Public keys by the octets object that they were read from: a DNSKEY RRset that is published anew
 * with the same RDATA brings no new key, and so makes no verdict void.
 */
const publicKeys: WeakMap<Uint8Array, PublicKey> = new WeakMap();

/** What `Rrsig.verdicts` holds: a list, since nearly always there is one key. */
interface Verdict {
  /** The RRset that the first verification was about. */
  readonly rrset: RRset;
  readonly key: PublicKey;
  readonly good: boolean;
  readonly next: Verdict | undefined;
}

/**
 * True when `key` made `rrsig` over `rrset`. False too when their algorithms differ, when the
 * algorithm is unknown, and when the key or the signature is malformed.
 *
 * The verdict is remembered on the RRSIG, so a shared RRset is verified once per key, whoever asks.
 *
 * Invariant: all verdicts of a list are about the octets of the same RRset. Another RRset object that
 * carries the same RRSIG (a copy with another TTL, an expansion of the same wildcard) shares them when
 * it has the *same* RDATA array, type and signed owner. A copy with other records, as a fault or a
 * forger makes it, is judged afresh and leaves no trace.
 */
export function verifySignature(rrset: RRset, rrsig: Rrsig, key: DnsKey): boolean {
  const publicKey = (key.handle as PublicKey | undefined) ?? publicKeyOf(key);
  const first = rrsig.verdicts as Verdict | undefined;
  if (first !== undefined) {
    const same = first.rrset === rrset || haveSameSignedData(first.rrset, rrset, rrsig.labels);
    if (!same) return verifyOctets(rrset, rrsig, publicKey);
    for (let verdict: Verdict | undefined = first; verdict !== undefined; verdict = verdict.next) {
      if (verdict.key === publicKey) return verdict.good;
    }
  }
  const good = verifyOctets(rrset, rrsig, publicKey);
  const made: Verdict = { rrset: first?.rrset ?? rrset, key: publicKey, good, next: first };
  rrsig.verdicts = made;
  return good;
}

function haveSameSignedData(a: RRset, b: RRset, labels: number): boolean {
  if (a.rdata !== b.rdata || a.type !== b.type) return false;
  if (a.name.equals(b.name)) return true;
  // Fewer labels than the owner has: what was signed is the wildcard at that ancestor.
  return (
    labels < a.name.labelCount &&
    labels < b.name.labelCount &&
    a.name.ancestor(labels).equals(b.name.ancestor(labels))
  );
}

function verifyOctets(rrset: RRset, rrsig: Rrsig, key: PublicKey): boolean {
  if (key.input === undefined || key.algorithm !== rrsig.algorithm) return false;
  const signature = key.signature(rrsig.signature);
  if (signature === undefined) return false;
  const data = signedData(rrset, rrsig);
  return data !== undefined && verify(key.digest, data, key.input, signature);
}

function publicKeyOf(key: DnsKey): PublicKey {
  let publicKey = publicKeys.get(key.rdata);
  if (publicKey === undefined) {
    publicKey = parsePublicKey(key.algorithm, key.publicKey);
    publicKeys.set(key.rdata, publicKey);
  }
  key.handle = publicKey;
  return publicKey;
}

const DS_DIGESTS: ReadonlyMap<number, string> = new Map<number, string>([
  [DIGEST.SHA1, 'sha1'],
  [DIGEST.SHA256, 'sha256'],
  [DIGEST.SHA384, 'sha384'],
]);

/** True for the DS digest types that `digestDs` can make: 1, 2, 4. */
export function isSupportedDigest(digestType: number): boolean {
  return DS_DIGESTS.has(digestType);
}

/**
 * The digest of a DS for the DNSKEY with this RDATA at `owner` (RFC 4034 section 5.1.4); undefined
 * for a digest type that is not supported.
 */
export function digestDs(
  owner: Name,
  dnskeyRdata: Uint8Array,
  digestType: number,
): Uint8Array | undefined {
  const digest = DS_DIGESTS.get(digestType);
  if (digest === undefined) return undefined;
  const input = new Uint8Array(owner.wire.length + dnskeyRdata.length);
  input.set(owner.wire);
  input.set(dnskeyRdata, owner.wire.length);
  return new Uint8Array(hash(digest, input, 'buffer'));
}
