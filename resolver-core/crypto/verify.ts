/**
 * Verifies RRSIGs and DS digests with the native back end (`node:crypto`: computation, no IO).
 * RSA: RFC 3110, RFC 5702. ECDSA: RFC 6605. Edwards curves: RFC 8080. DS: RFC 4034 section 5.1.4,
 * RFC 4509, RFC 6605.
 *
 * Only the arithmetic is here. Who may sign, key flags, protocol, revocation, the key tag, the
 * signature's times and how many tries a response may cost are the validator's affair. A key or a
 * signature that is malformed is a signature that does not verify: `false`, never an error. A back
 * end that refuses an algorithm we claim (a host policy against SHA-1) does throw: a run on such a
 * host would tell lies.
 *
 * Limitations: ECDSA signatures with a high s are good (DNSSEC has no low-s rule). For Edwards keys
 * of small order the back ends of the world disagree; ours is OpenSSL's cofactorless equation.
 *
 * Cost: a remembered verdict some 10 ns; a first one 20 to 500 us; a first look at a key 10 to 100 us.
 */

import { createPublicKey, hash, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import type { Name } from '../name/name.ts';
import type { DnsKey } from '../rdata.ts';
import type { RRset, Rrsig } from '../rrset.ts';
import { ALGORITHM, DIGEST } from '../wire/iana.ts';
import { signedData } from './signed-data.ts';

/** RFC 3110 section 2 and RFC 5702 section 2. */
const RSA_MAX_MODULUS_BITS = 4096;

type Profile =
  | { readonly kind: 'rsa'; readonly digest: string; readonly minModulusBits: number }
  | {
      readonly kind: 'ecdsa';
      readonly digest: string;
      readonly crv: string;
      readonly coordinateOctets: number;
    }
  | {
      readonly kind: 'eddsa';
      readonly crv: string;
      readonly keyOctets: number;
      readonly signatureOctets: number;
    };

const PROFILES: ReadonlyMap<number, Profile> = new Map<number, Profile>([
  [ALGORITHM.RSASHA1, { kind: 'rsa', digest: 'sha1', minModulusBits: 512 }],
  [ALGORITHM.RSASHA1_NSEC3_SHA1, { kind: 'rsa', digest: 'sha1', minModulusBits: 512 }],
  [ALGORITHM.RSASHA256, { kind: 'rsa', digest: 'sha256', minModulusBits: 512 }],
  [ALGORITHM.RSASHA512, { kind: 'rsa', digest: 'sha512', minModulusBits: 1024 }],
  [
    ALGORITHM.ECDSAP256SHA256,
    { kind: 'ecdsa', digest: 'sha256', crv: 'P-256', coordinateOctets: 32 },
  ],
  [
    ALGORITHM.ECDSAP384SHA384,
    { kind: 'ecdsa', digest: 'sha384', crv: 'P-384', coordinateOctets: 48 },
  ],
  [ALGORITHM.ED25519, { kind: 'eddsa', crv: 'Ed25519', keyOctets: 32, signatureOctets: 64 }],
  [ALGORITHM.ED448, { kind: 'eddsa', crv: 'Ed448', keyOctets: 57, signatureOctets: 114 }],
]);

/** True for the signature algorithms that `verifySignature` can judge: 5, 7, 8, 10, 13, 14, 15, 16. */
export function isSupportedAlgorithm(algorithm: number): boolean {
  return PROFILES.has(algorithm);
}

/** True for the DS digest types that `digestDs` can make: 1, 2, 4. */
export function isSupportedDigest(digestType: number): boolean {
  return DS_DIGESTS.has(digestType);
}

/**
 * True when `key` made `rrsig` over `rrset`. False too when their algorithms differ, when the
 * algorithm is not supported, and when the key or the signature is malformed.
 *
 * The verdict is remembered on the RRSIG, so a shared RRset is verified once per key, whoever asks.
 */
export function verifySignature(rrset: RRset, rrsig: Rrsig, key: DnsKey): boolean {
  const publicKey = (key.handle as PublicKey | undefined) ?? publicKeyOf(key);
  const memo = rrsig.verdicts;
  if (memo.has(rrset)) {
    const verdict = memo.get(publicKey);
    if (verdict !== undefined) return verdict;
  }
  return verifyAndRemember(rrset, rrsig, publicKey);
}

/**
 * Invariant of `Rrsig.verdicts`: its first entry is the RRset that the first verification was about
 * (the value says nothing); every other entry is a public key with its verdict about exactly those
 * octets. Another RRset object that carries the same RRSIG (a copy with another TTL, an expansion of
 * the same wildcard) shares the verdicts when it has the *same* RDATA array, type and signed owner.
 * A copy with other records, as a fault or a forger makes it, is judged afresh and leaves no trace.
 */
function verifyAndRemember(rrset: RRset, rrsig: Rrsig, publicKey: PublicKey): boolean {
  const memo = rrsig.verdicts;
  const first = memo.keys().next();
  if (first.done === true) memo.set(rrset, true);
  else if (!haveSameSignedData(first.value as RRset, rrset, rrsig)) {
    return verifyOctets(rrset, rrsig, publicKey);
  }
  const known = memo.get(publicKey);
  if (known !== undefined) return known;
  const verdict = verifyOctets(rrset, rrsig, publicKey);
  memo.set(publicKey, verdict);
  return verdict;
}

function haveSameSignedData(a: RRset, b: RRset, rrsig: Rrsig): boolean {
  if (a.rdata !== b.rdata || a.type !== b.type) return false;
  if (a.name.equals(b.name)) return true;
  return (
    rrsig.labels < signedLabels(a.name) &&
    rrsig.labels < signedLabels(b.name) &&
    a.name.ancestor(rrsig.labels).equals(b.name.ancestor(rrsig.labels))
  );
}

function signedLabels(owner: Name): number {
  return owner.isWildcard ? owner.labelCount - 1 : owner.labelCount;
}

function verifyOctets(rrset: RRset, rrsig: Rrsig, publicKey: PublicKey): boolean {
  const { object, profile, signatureOctets } = publicKey;
  if (object === undefined || publicKey.algorithm !== rrsig.algorithm) return false;
  const signature = rrsig.signature;
  if (signature.length !== signatureOctets) return false;
  const data = signedData(rrset, rrsig);
  if (data === undefined) return false;
  const digest = profile.kind === 'eddsa' ? null : profile.digest;
  return profile.kind === 'ecdsa'
    ? verify(digest, data, { key: object, dsaEncoding: 'ieee-p1363' }, signature)
    : verify(digest, data, object, signature);
}
